/** The style of requirements: filter, rows, evidence; of reports inside a run; and of paper, where all is open. */

const filter = `
#filter{position:sticky;top:0;z-index:2;margin:-.5rem 0 .5rem;padding:.5rem 0;background:var(--paper)}
.bar{display:flex;flex-wrap:wrap;gap:.5rem .9rem;align-items:center}
p.bar{margin-top:.5rem;color:var(--dim);font-size:.8125rem}
p.bar button{min-height:1.75rem;font-size:.8125rem}
#words{flex:1 1 14rem;min-width:0}
#area{max-width:12rem}
fieldset{display:flex;flex-wrap:wrap;min-width:0;border:1px solid var(--edge);border-radius:5px;background:var(--line);gap:1px;overflow:hidden}
.chip{position:relative;display:inline-flex;flex:1 0 auto}
.chip input{position:absolute;inset:0;width:100%;height:100%;min-height:0;margin:0;opacity:0;cursor:pointer}
.chip span{font-size:.8125rem}
.chip>span{display:flex;flex:1;align-items:center;justify-content:center;min-height:calc(2rem - 2px);padding:0 .65rem;background:var(--raised);white-space:nowrap}
.chip b{margin-inline-start:.45em;font-weight:600;font-variant-numeric:tabular-nums}
.chip input:hover+span{background:var(--well)}
.chip input:checked+span{background:var(--well);box-shadow:inset 0 -3px var(--ink);font-weight:600}
.chip input:focus-visible+span{outline:2px solid var(--link);outline-offset:-3px}
#shown{font-variant-numeric:tabular-nums;min-width:8.5rem}
.keys{margin-inline-start:auto}
html:not(.filtering) [type=reset]{display:none}
kbd{padding:0 .35em;border:1px solid var(--line);border-radius:3px}
#nothing,.nothing{padding:1rem 0}
@media(max-width:47.99rem){#filter{position:static}.keys{display:none}.chip>span,button,input,select{min-height:2.5rem}#words{flex-basis:100%}#area{max-width:100%}}
@media(min-width:48rem){.js .req,.js .area,.js .rep{scroll-margin-top:7.5rem}}
`;

const rows = `
.area{margin-top:1.25rem;clear:both}
.area>*{border-top:1px solid var(--edge)}
.area>:first-child{padding:.4rem 0;font-size:.8125rem;font-weight:400}
.an{font:650 .875rem var(--mono);margin-inline-end:.5em}
.area>:first-child .dim{white-space:nowrap}
.area>:first-child .dim:not(:last-child)::after{content:","}
.req:not([hidden])~.req{border-top:1px solid var(--line)}
@media(max-width:63.99rem){.area>:first-child{border:0}}
@media(min-width:64rem){
.area{display:grid;grid-template-columns:var(--rail) minmax(0,1fr);gap:1.5rem}
.area>:first-child{position:sticky;top:.5rem;align-self:start}
.rep .area>:first-child{top:6.5rem}
.an,.area>:first-child .dim{display:block}
.area>:first-child .dim::after{content:none!important}
}
.req>summary{display:grid;grid-template-columns:1rem 5.75rem 8.75rem 4.25rem minmax(0,1fr);align-items:baseline;padding:.32rem 0;cursor:pointer;list-style:none}
.req>summary::-webkit-details-marker,.rep>summary::-webkit-details-marker{display:none}
.req>summary::before,.rep>summary::before{content:"";width:.4em;height:.4em;border:solid var(--dim);border-width:0 1.5px 1.5px 0;transform:translate(.1em,-.12em) rotate(-45deg)}
.req[open]>summary::before,.rep[open]>summary::before{transform:translate(.1em,-.2em) rotate(45deg)}
.req>summary:focus-visible,.rep>summary:focus-visible{outline-offset:-2px}
.req>summary:hover{background:var(--well)}
.req:target>summary{background:var(--mark)}
.req .st,.lv{font-size:.8125rem}
.lv{color:var(--dim)}
.req>summary>code{overflow-wrap:anywhere;padding-inline-end:.5rem}
.req[data-s=failed] .ti,.req[data-s=errored] .ti{font-weight:600}
.re{font-weight:400;margin-inline-start:.6em;color:var(--dim);font-size:.875rem;overflow-wrap:anywhere}
.req:is([data-s=failed],[data-s=errored],[data-s=warned],[data-s=known]) .re{display:block;margin:0}
.req[data-s=failed] .re{color:var(--failed)}
.req dl{padding:.35rem 0 1.1rem 1rem;font-size:.875rem}
.ev{max-height:24rem;padding-bottom:.3rem;overflow:auto;background:var(--well);border:1px solid var(--line);border-radius:5px;font:.8125rem/1.5 var(--mono)}
.ev table{width:100%;border-collapse:collapse}
.ev th,.ev td{padding:.12rem .75rem;text-align:start;vertical-align:top;white-space:nowrap;font-weight:400}
.ev th{position:sticky;top:0;padding-block:.3rem;background:var(--well);font:.75rem var(--sans)}
.ev td:nth-child(-n+3){color:var(--dim)}
.ev td:first-child,.ev th:first-child{text-align:end;font-variant-numeric:tabular-nums}
.ev td:last-child{width:100%;white-space:pre-wrap;overflow-wrap:anywhere;tab-size:4}
.cmd{padding:.45rem .75rem;background:var(--well);border:1px solid var(--line);border-radius:5px;white-space:pre-wrap;overflow-wrap:anywhere}
.line{display:flex;flex-wrap:wrap;gap:.5rem;align-items:flex-start}
.line .cmd{flex:1 1 20rem;min-width:0}
.copy{min-width:5.5rem}
.copy::before{content:attr(data-word)}
.req dd li{padding-inline-start:1rem;text-indent:-1rem}
.req dd li+li{margin-top:.2rem}
@media(max-width:47.99rem){
.req>summary{display:flex;flex-wrap:wrap;gap:0 .75rem;padding:.55rem 0}
.req>summary::before{align-self:center}
.ti{flex:1 0 100%}
.re{display:block;margin:0}
.ev thead{display:none}
.ev table,.ev tbody{display:block}
.ev tr{display:flex;flex-wrap:wrap;padding:.3rem .6rem}
.ev tr+tr{border-top:1px solid var(--line)}
.ev td{padding:0 .7rem 0 0;white-space:normal}
.ev td:last-child{padding:0;white-space:pre-wrap}
.ev td:last-child{flex:1 0 100%}
}
`;

const run = `
#results>#filter{margin-top:2rem}
.rep{border-top:1px solid var(--line)}
.rep>summary{display:flex;flex-wrap:wrap;gap:.1rem .9rem;align-items:baseline;padding:.6rem 0;cursor:pointer;list-style:none}
.rep>summary:hover{background:var(--well)}
.rep>summary>h2{font-size:1.0625rem;overflow-wrap:anywhere}
.rep[open]{padding-bottom:2rem}
.rep .sec{margin-top:1.75rem}
.filtering .rep :is(.aux,.list>h3){display:none}
.filtering .rep .list{border:0;margin:0;padding:0}
.filtering .rep .area{margin-top:.25rem}
.rep .area:first-of-type{clear:none}
`;

const paper = `
@media(forced-colors:active){.st::before,.mark{background:CanvasText}.pins i{border:1px solid CanvasText}}
@page{margin:14mm}
@media print{
html{font-size:10pt}
body{max-width:none;padding:0}
#theme,.skip,.copy,.keys,#filter button,#filter .bar:first-child{display:none!important}
#filter{position:static;border:0}
html:not(.filtering) #filter{display:none}
.rep::details-content,.fold::details-content,.req:is([data-s=failed],[data-s=warned],[data-s=known],[data-s=errored])::details-content{content-visibility:visible;block-size:auto}
.ev{max-height:none;overflow:visible}
.wide{overflow:visible}
.matrix{font-size:8pt}
.sec{display:block}
.sec>:first-child{margin-bottom:.6rem}
.req>summary,.card,.found li,tr{break-inside:avoid}
h1,h2,h3,h4,.req>summary{break-after:avoid}
.rep{break-before:page}
a{color:inherit}
}
`;

export const rowStyle = `${filter}${rows}${run}${paper}`;
