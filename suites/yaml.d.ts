/** YAML files are data: the build turns them into plain objects. */
declare module '*.yaml' {
  const data: unknown;
  export default data;
}
