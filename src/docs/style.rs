//! What the page has on top of the reports' style.

pub const STYLE: &str = "
body{max-width:1240px}
.masthead{padding-bottom:16px}
.book{display:grid;grid-template-columns:minmax(0,1fr);gap:0 40px}
.index{font-size:13px}
.index ul{display:block;columns:15em;column-gap:24px;margin:4px 0 14px}
.index li{break-inside:avoid}
.index h2{margin:14px 0 0;font-size:13px;color:var(--muted)}
.index a{padding:2px 0;overflow-wrap:anywhere}
main>section{margin-top:40px}
main>section:first-child{margin-top:22px}
article{margin:0 0 36px;padding-top:14px;border-top:1px solid var(--hair);scroll-margin-top:8px}
article h3{margin:0 0 4px;font-size:17px;overflow-wrap:anywhere}
article h3 a{color:inherit;text-decoration:none}
article h3 a:hover{text-decoration:underline}
article:target>h3,tr:target>th{background:var(--card);box-shadow:-6px 0 0 var(--link)}
article h4{margin:16px 0 6px;font-size:14px}
.kinds{margin:0 0 8px;font-size:12.5px;color:var(--muted)}
.kinds span{display:inline-block;margin-right:6px;padding:0 7px;border:1px solid var(--hair);border-radius:9px}
.read{margin:8px 0 12px;font-size:13.5px}
.read div{display:grid;grid-template-columns:7.5em minmax(0,1fr);gap:10px;padding:2px 0}
.read dt{color:var(--muted)}
.read dd{overflow-wrap:anywhere}
table.columns{table-layout:auto}
table.columns td,table.columns th{white-space:normal;overflow-wrap:anywhere}
table.columns tbody th{min-width:11em;font-weight:600}
table.columns tr{scroll-margin-top:8px}
table.columns .type{min-width:7em;white-space:nowrap;color:var(--muted);font-size:12.5px}
table.columns .from{min-width:15em;font-size:13px}
table.columns .says{min-width:13em}
.how,.decides{color:var(--muted)}
.decides{display:block}
pre{margin:6px 0 10px;font:12.5px/1.5 ui-monospace,\"SF Mono\",Menlo,Consolas,monospace;border-radius:4px;tab-size:2}
pre code{font:inherit}
pre b{font-weight:650}
pre i{color:var(--muted);font-style:normal}
@media screen and (min-width:1000px){
.book{grid-template-columns:230px minmax(0,1fr)}
.index{position:sticky;top:0;align-self:start;max-height:100vh;overflow-y:auto;padding:12px 4px 24px 0}
.index ul{columns:auto}
}
@media screen and (max-width:999px){
.index{max-height:46vh;overflow-y:auto;margin-top:16px;padding:4px 14px 0;border:1px solid var(--hair);border-radius:6px}
}
@media screen and (max-width:640px){
.index ul{columns:13em;column-gap:16px}
.read div{grid-template-columns:1fr;gap:0;padding:4px 0}
table.columns,table.columns tbody,table.columns tr,table.columns th,table.columns td{display:block;width:100%;padding:0;border:0}
table.columns thead{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
table.columns tr{padding:8px 0;border-bottom:1px solid var(--hair)}
table.columns tbody th,table.columns .from,table.columns .type,table.columns .says{min-width:0;max-width:none}
table.columns td:empty{display:none}
}
@media print{
.index{display:none}
.book{display:block}
article{break-inside:auto}
pre{white-space:pre-wrap}
}
";
