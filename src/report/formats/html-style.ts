/**
 * The style of the page: tokens, then the page from the outside in. Plain type on paper, one hairline between things,
 * colour only where an outcome is meant, and nothing moves. No address of any kind may stand in it.
 */
import { rowStyle } from './html-style-rows.ts';
import { tokens } from './html-tokens.ts';

const base = `
*,::before,::after{box-sizing:border-box}
[hidden]{display:none!important}
html{font:400 100%/1.5 var(--sans);-webkit-text-size-adjust:100%;text-size-adjust:100%;scroll-padding-top:1rem}
body{margin:0 auto;max-width:80rem;padding:0 clamp(1rem,4vw,3rem) 3rem;background:var(--paper);color:var(--ink);font-size:.9375rem;overflow-wrap:anywhere}
h1,h2,h3,h4,p,ul,ol,dl,dd,pre,fieldset{margin:0;padding:0;border:0}
h1,h2,h3,h4{line-height:1.25;text-wrap:balance}
ul,ol{list-style:none}
a{color:var(--link);text-underline-offset:.2em;text-decoration-thickness:1px}
a:hover{text-decoration-thickness:2px}
code,pre,kbd,.rid{font-family:var(--mono);font-size:.875em;font-variant-ligatures:none}
code,bdi,td,dd,.say,.re{unicode-bidi:isolate}
code{overflow-wrap:anywhere}.rid{display:inline-block;max-width:100%;overflow-wrap:anywhere}
.dim,.sub{color:var(--dim)}
.vh{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
:focus-visible{outline:2px solid var(--link);outline-offset:2px;border-radius:2px}
button,input,select{font:inherit;font-size:.875rem;color:var(--ink);background:var(--raised);border:1px solid var(--edge);border-radius:5px;min-height:2rem;padding:.2rem .6rem}
::placeholder{color:var(--dim);opacity:1}
button{cursor:pointer;white-space:nowrap}
button:hover{border-color:var(--ink)}
.skip{position:absolute;left:-99rem}
.skip:focus{left:1rem;top:.5rem;padding:.4rem .8rem;background:var(--raised);z-index:3}
#theme{border-color:transparent;background:none;color:var(--dim);margin-inline-end:-.6rem}
#theme:hover{border-color:var(--edge)}
.top{display:flex;align-items:center;justify-content:space-between;gap:1rem;min-height:3.5rem;border-bottom:1px solid var(--line);color:var(--dim);font-size:.875rem}
.top b{color:var(--ink);font-weight:650;letter-spacing:-.01em}
footer{margin-top:3rem;padding-top:1rem;border-top:1px solid var(--line);color:var(--dim);font-size:.8125rem}
.st{color:var(--tone);white-space:nowrap}
.st::before,.mark{content:"";display:inline-block;width:.8em;height:.8em;margin-inline-end:.5em;background:var(--tone);clip-path:var(--shape);forced-color-adjust:none;print-color-adjust:exact;-webkit-print-color-adjust:exact}
.ctl{color:var(--known);background:var(--well);border-radius:2px}
.cut{color:var(--dim)}
`;

const head = `
.verdict{padding:2.25rem 0 0}
h1{font-size:clamp(1.6rem,1.1rem + 2.2vw,2.375rem);font-weight:650;letter-spacing:-.022em;overflow-wrap:anywhere}
h1 em{font-style:normal;color:var(--tone)}
h1 .mark{width:.68em;height:.68em;margin-inline-end:.4em}
.why{margin-top:.5rem;font-size:1.0625rem;max-width:60rem}
.facts{display:flex;flex-wrap:wrap;margin-top:.25rem;color:var(--dim);font-size:.875rem}
.facts>:not(:last-child)::after{content:"·";padding:0 .55em}
.caveats,.notes{margin-top:.9rem;max-width:60rem}
.caveats li{padding:.45rem .8rem;border-inline-start:3px solid var(--warned);background:var(--well)}
.caveats li+li{margin-top:2px}
.notes{color:var(--dim);font-size:.875rem;margin-top:1.1rem}
.counts{display:flex;flex-wrap:wrap;overflow:hidden}
.counts>div{display:flex;flex-direction:column-reverse;flex:1 1 6.5rem;padding:0 1rem .25rem;border-inline-start:1px solid var(--line);margin-inline-start:-1px}
.counts>div:first-child{padding-inline-start:0;border-color:transparent}
.counts dd{font-size:1.625rem;font-weight:600;line-height:1.15;letter-spacing:-.02em;font-variant-numeric:tabular-nums}
.counts dt{font-size:.8125rem}
.counts .none{color:var(--dim)}
.counts .none dd{font-weight:400;color:var(--dim)}
.counts .none .st{--tone:var(--dim)}
.map{display:grid;grid-template-columns:repeat(auto-fill,minmax(17.5rem,1fr));gap:.2rem 2rem;margin-top:1.4rem}
.map li{display:grid;grid-template-columns:2.6rem 3.2rem minmax(0,1fr);gap:.4rem;align-items:center;min-height:1.5rem;font-size:.8125rem}
.map a{font-family:var(--mono);font-weight:600;color:var(--ink);text-decoration-color:var(--edge)}
.of{text-align:end;padding-inline-end:.5rem;color:var(--dim);font-variant-numeric:tabular-nums}
.of b{color:var(--ink);font-weight:600}
.pins{display:flex;flex-wrap:wrap;align-items:flex-end;gap:2px;min-height:14px}
.pins i{width:5px;height:9px;background:var(--passed);border-radius:1px;forced-color-adjust:none;print-color-adjust:exact;-webkit-print-color-adjust:exact}
.pins .f{height:15px;background:var(--failed)}
.pins .w{height:15px;background:linear-gradient(var(--warned) 9px,transparent 9px 11px,var(--warned) 11px)}
.pins .k{background:none;border:1px solid var(--known)}
.pins .s{height:2px;background:var(--edge)}
.pins .b{background:none;border:1px solid var(--edge)}
.pins .e{height:15px;background:repeating-linear-gradient(var(--errored) 0 2px,transparent 2px 4px)}
.js .pins i{cursor:pointer}
.coverage{display:grid;grid-template-columns:minmax(6rem,14rem) auto;gap:.4rem 1rem;justify-content:start;align-items:center;margin-top:1.3rem;color:var(--dim);font-size:.875rem}
.coverage strong{color:var(--ink);font-weight:600}
.coverage svg{width:100%;height:6px;border-radius:3px;fill:var(--dim);print-color-adjust:exact}
.coverage .rest{fill:var(--line)}
.sec,.list{margin-top:2.25rem;border-top:1px solid var(--line);padding-top:1.1rem}
h2,.rep h3{font-size:1rem;font-weight:650;letter-spacing:-.005em}
@media(min-width:64rem){.list>:is(h2,h3){float:left;width:var(--rail)}.list>#filter,.list>#nothing{margin-inline-start:calc(var(--rail) + 1.5rem)}.sec{display:grid;grid-template-columns:var(--rail) minmax(0,1fr);gap:1.5rem}.sec>:not(:first-child){grid-column:2}}
@media(max-width:63.99rem){.sec>:first-child,.list>:is(h2,h3){margin-bottom:.8rem}}
.card{padding:0 0 0 1rem;border-inline-start:3px solid var(--tone)}
.card+.card{margin-top:1.4rem}
.cause{font-size:1.0625rem;font-weight:600;line-height:1.4;overflow-wrap:anywhere}
.cause .st{font-size:.8125rem;margin-inline-end:.35rem}
.cause code{font-weight:500}
.fix{display:grid;grid-template-columns:auto minmax(0,1fr);gap:.7rem;margin-top:.35rem}
.fix b,.fixes{font-weight:600;color:var(--passed)}
.breaks{display:flex;flex-wrap:wrap;gap:.1rem .75rem;align-items:baseline;margin-top:.35rem;color:var(--dim);font-size:.875rem}
.breaks .more{color:var(--blocked)}
.found li{display:flex;flex-wrap:wrap;gap:.1rem .8rem;align-items:baseline;padding:.28rem 0}
.found li+li{border-top:1px solid var(--line)}
.found .lv{min-width:3.6rem}
.found .st{min-width:5.75rem;font-size:.8125rem}
.say{flex:1 1 22rem;min-width:0;overflow-wrap:anywhere}
`;

const tables = `
.about,.req dl{display:grid;grid-template-columns:6.5rem minmax(0,1fr);gap:.4rem 1rem}
.about{font-size:.875rem}
dt{color:var(--dim)}
.about dd,.req dd{min-width:0;overflow-wrap:anywhere}
.digest{color:var(--dim);font-size:.9em}
.fold>summary{cursor:pointer;min-height:1.75rem;font-size:.875rem}
.wide{overflow-x:auto;margin-top:.5rem}
.table,.matrix{width:100%;border-collapse:collapse;font-size:.875rem;font-variant-numeric:tabular-nums}
.table th,.table td,.matrix th,.matrix td{padding:.35rem .9rem .35rem 0;text-align:start;vertical-align:baseline;border-top:1px solid var(--line);font-weight:400}
thead th{color:var(--dim);border:0!important;font-size:.8125rem;white-space:nowrap}
.table tbody th{overflow-wrap:anywhere}
.matrix{margin-top:1.75rem}
.matrix tbody th{min-width:9rem}
.matrix .n{white-space:nowrap;text-align:end;padding-inline:.35rem}
.matrix tbody th a{font-weight:600;overflow-wrap:anywhere}
.matrix .sys{min-width:8.5rem}
.matrix td:not(.none)[data-s=failed],.matrix td:not(.none)[data-s=warned],.matrix td:not(.none)[data-s=errored],.matrix td:not(.none)[data-s=blocked]{color:var(--tone);font-weight:600}
.matrix .none{color:var(--dim)}
.sub{display:block;font-size:.8125rem;overflow-wrap:anywhere}
@media screen and (max-width:63.99rem){
.matrix,.matrix tbody,.matrix th{display:block}
.matrix thead{display:none}
.matrix tr{display:flex;flex-wrap:wrap;gap:.1rem .8rem;padding:.7rem 0;border-top:1px solid var(--line)}
.matrix th,.matrix td{border:0!important;padding:0!important}
.matrix tbody th,.matrix .sys{flex:1 0 100%}
.matrix .sys .sub{display:inline;margin-inline-start:.6em}
.matrix .none{display:none}
.matrix .n::after{content:" " attr(data-k)}
}
@media(max-width:47.99rem){
.about,.req dl{grid-template-columns:minmax(0,1fr);gap:0}
.about dd,.req dd{margin-bottom:.6rem}
.counts>div{flex:1 1 28%;padding:.5rem .8rem;border-top:1px solid var(--line);margin-top:-1px}
.counts>div:first-child{padding-inline-start:.8rem}
.coverage{grid-template-columns:minmax(0,1fr)}
}
`;

const lean = (text: string): string => text.trim().replace(/\n+/g, '\n');

/** The whole style. */
export const style = lean(`${tokens}${base}${head}${tables}${rowStyle}`);
