/** How a private key in PEM begins: nothing a plugin says may hold one. */
export const privateKey = /-----BEGIN (?:[A-Z]+ )?PRIVATE KEY-----/;
