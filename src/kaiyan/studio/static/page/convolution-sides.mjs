import{a as ut,b as dt,c as mt,d as pt,e as ht,f as ft}from"./app-standing-shared.mjs";import{a as ct}from"./app-download-shared.mjs";import{a as X}from"./convolution-reading-shared.mjs";import{b as rt,d as st,f as it,g as Z,i as ee,j as I,k as te,l as z,m as at,n as lt,q as ne,r as A}from"./core-code-shared.mjs";import{a as P}from"./lit-html-directives-ref-shared.mjs";import{a as F,b as ot}from"./core-call-shared.mjs";import{$ as K,$a as Be,B as W,C as Ee,E as Ne,F as q,Fa as je,G,Ga as He,Ka as w,Ma as _,Oa as ue,P as Fe,R as Ie,Ra as V,Sa as We,Ta as qe,Ua as de,Va as me,Wa as Ge,Xa as Ke,Y as S,Ya as Ue,Z as M,_ as ce,_a as J,a as u,aa as U,ab as Ve,ba as Pe,bb as Je,c as le,cb as pe,d as f,db as Qe,e as j,eb as Xe,f as H,fb as Q,g as Me,ga as De,gb as Ye,h as O,ha as B,hb as he,ia as Le,j as _e,jb as C,k as Ce,l as Te,lb as Ze,na as Re,nb as et,p as d,pb as tt,q as N,u as ze,w as Ae}from"./tabs-shared.mjs";import{b as nt,c as Y}from"./convolution-picture-sources-shared.mjs";var nn={},E=je(class extends He{constructor(){super(...arguments),this.ot=nn}render(e,t){return t()}update(e,[t,n]){if(Array.isArray(t)){if(Array.isArray(this.ot)&&this.ot.length===t.length&&t.every((o,r)=>o===this.ot[r]))return le}else if(this.ot===t)return le;return this.ot=Array.isArray(t)?Array.from(t):t,this.render(t,n)}});function $t(e,t){let n=De(e,t),o=t.slice(-e.axes.length),r={spec:_(e),input:t,output:n};return[{code:"shapes",words:N(d("{spec}: {input} becomes {output}"),r)},...D(e.axes,o).flatMap(({axis:s,n:i,names:a})=>oe(s,i,a,e.transposed)),...fe(e,t),...sn(e,t)]}function D(e,t){let n=new Map;return e.forEach((o,r)=>{let s=JSON.stringify([{...o,name:""},t[r]]),i=n.get(s);i?i.names+=`, ${o.name}`:n.set(s,{axis:o,n:t[r],names:o.name})}),[...n.values()]}function oe(e,t,n,o){let[r,s]=S(e,t,o),{kernel:i,stride:a,dilation:c,output_padding:l,padding:p}=e,m={axes:n,n:t,kernel:i,stride:a,dilation:c,reach:G(e),before:r,after:s,total:r+s,output:M(e,t,o),word:p,output_padding:l},h=(g,y,k={})=>({code:g,axes:n,words:N(y,{...m,...k})});return[h("reach",d("{axes}: the kernel reaches dilation\xB7(kernel \u2212 1) + 1 = {dilation}\xB7({kernel} \u2212 1) + 1 = {reach}")),...o?rn(e,t,h):on(e,t,h)]}function on(e,t,n){let o=[];e.padding==="causal"?o.push(n("causal",d("{axes}: 'causal' pads reach \u2212 1 = {before} before and nothing after: no output sees a later input"))):ce(e)&&o.push(n("same",d("{axes}: {word!r} asks for \u2308n / stride\u2309 = \u2308{n} / {stride}\u2309 = {output} outputs, so padding is max((output \u2212 1)\xB7stride + reach \u2212 n, 0) = {total}: {before} before, {after} after"))),o.push(n("size",d("{axes}: output = \u230A(n + before + after \u2212 reach) / stride\u230B + 1 = \u230A({n} + {before} + {after} \u2212 {reach}) / {stride}\u230B + 1 = {output}")));let[r,s]=K(e,t);return s-r===1&&o.push(n("unread-one",d("{axes}: the size is rounded down, so input {first} of {n} is not read"),{first:r})),s-r>1&&o.push(n("unread",d("{axes}: the size is rounded down, so inputs {first} to {last} of {n} are not read"),{first:r,last:s-1})),o}function rn(e,t,n){let o=[];ce(e)&&o.push(n("transposed-word",d("{axes}: {word!r} asks for n\xB7stride = {n}\xB7{stride} = {output} outputs, so {before} are cropped before and {after} after"))),o.push(n("transposed-size",d("{axes}: output = (n \u2212 1)\xB7stride + reach \u2212 before \u2212 after + output_padding = ({n} \u2212 1)\xB7{stride} + {reach} \u2212 {before} \u2212 {after} + {output_padding} = {output}")));let r=U(e,t,!0);return r.length>1&&o.push(n("transposed-choices",d("{axes}: output_padding chooses among the sizes {sizes}"),{sizes:r.join(", ")})),o}function fe(e,t){let n=Z(e,t),o={C:e.in_channels,K:e.out_channels,groups:e.groups,kernel:e.axes.map(({kernel:i})=>i).join("\xB7"),biases:e.bias?e.out_channels:0,...n,terms:n.connections,full:n.fullWeights,intensity:n.flops/(n.bytes||1),ratio:ze(n.ratio)},r=(i,a)=>({code:i,words:N(a,o)}),s=[r("params",d("parameters = K\xB7(C / groups)\xB7kernel + biases = {K}\xB7({C} / {groups})\xB7{kernel} + {biases} = {params:,}")),r("macs",d("multiply-adds (MACs) = N\xB7K\xB7(C / groups)\xB7kernel\xB7positions = {macs:,}, {touched:,} of them on real inputs; FLOPs = 2\xB7MACs = {flops:,}; {bytes:,} bytes in float32, {intensity:.1f} FLOP/byte")),r("rounding",d("every output sums {terms:,} products: summed one by one, its rounding error is at most {terms:,} half-units (float32: 2\u207B\xB2\u2074, float16: 2\u207B\xB9\xB9) times the sum of their absolute values"))];return Le(e).every(Boolean)&&n.fullWeights&&s.push(r("sparse",d("a fully-connected layer from the same input to the same output would have {full:,} weights, {ratio:,} times these {weights:,}: a convolution's connections are sparse and shared"))),s}function sn(e,t){let[n]=te([e],t);return n.filter((r,s)=>n.findIndex(i=>gt(i,r))===s).map(r=>{let s=e.axes.filter((c,l)=>gt(n[l],r)).map(({name:c})=>c).join(", "),i={axes:s,size:ee(r),holes:I(r),jump:z(r.jump),start:z(r.start)},a=d("{axes}: receptive field {size} ({holes} of them not seen), neighbouring outputs {jump} apart, the first centred on input {start}");return{code:"field-window",axes:s,words:N(a,i)}})}var gt=(e,t)=>JSON.stringify(e)===JSON.stringify(t);function bt(e,t,{conv:n,input:o}){if(n.transposed)return f;let r=D(n.axes,o.shape.slice(1)),{axis:s,n:i,names:a}=r.find(l=>l.names===t.along)??r[0],c=ln(s,i,st(s,i,n.axes.length));return u`<section class="fact conventions">
    <h2>${e.t("Padding conventions")}</h2>
    ${r.length>1?cn(e,r.map(l=>l.names),a):f}
    <table>
      <caption class="unseen">${e.t("{names}: {n} inputs, kernel {kernel}, stride {stride}",{names:a,n:i,kernel:s.kernel,stride:s.stride})}</caption>
      <thead>
        <tr><th>${e.t("convention")}</th><th>${e.t("padding")}</th><th>${e.t("output size")}</th><th>${e.t("first window")}</th></tr>
      </thead>
      <tbody>${c.map(l=>an(e,l,wt(s,l)))}</tbody>
    </table>
    ${it(s,i).map(l=>u`<p class="note">${e.words(l)}</p>`)}
    <p><button class="quiet link" @click=${()=>e.store.change("convolution",{guide:"one-pixel"})}>${e.t("See what one pixel changes")}</button></p>
  </section>`}function an(e,t,n){let o=u`<th scope="row">${t.name}${n?u` <span class="used">${e.t("in use")}</span>`:f}</th>`;if(t.refused)return u`<tr>${o}<td colspan="3" class="refused">${e.t("refused when stride > 1")}</td></tr>`;let r=t.first.map(s=>String(s).replace("-","\u2212")).join(" \u2026 ");return u`<tr class=${n?"used":""}>${o}<td>${t.pads.join(", ")}</td><td>${t.output}</td><td>${r}</td></tr>`}function wt({padding:e,stride:t},n){return n.key==="own"?!0:typeof e=="string"?n.key===e||n.key==="torch_same"&&e==="same"&&t===1:["number","valid"].includes(n.key)&&String(n.pads)===String(e)}function ln(e,t,n){if(n.some(p=>wt(e,p)))return n;let[o,r]=S(e,t),s=M(e,t),i=p=>[p[0],p[p.length-1]],[a,c]=[0,s-1].map(p=>i(Pe(e,p,o))),l=`padding=${o===r?o:`(${o}, ${r})`}`;return[{...n[0],key:"own",name:l,refused:!1,pads:[o,r],output:s,first:a,last:c},...n]}function cn(e,t,n){return u`<p class="choice" role="group" aria-label=${e.t("Axis")}>
    ${t.map(o=>u`<button aria-pressed=${o===n} @click=${()=>e.store.change("convolution",{along:o})}>${o}</button>`)}
  </p>`}function re(e,t,n,{key:o,name:r,shown:s}){let i=`${n} ${o}`,a=t.opened===i;return u`<button class="figure" aria-expanded=${a} aria-label="${r} = ${s}" title=${r} @click=${()=>e.store.change("convolution",{opened:a?null:i})}>${s}</button>`}function se(e,t,n){let o=n.find(({key:r})=>e.opened===`${t} ${r}`);return o?u`<div class="origin" role="note">
    <p class="which"><b>${o.name} = ${o.shown}</b></p>
    ${o.why.map(r=>u`<p>${r}</p>`)}
  </div>`:f}function yt(e,t,{conv:n,input:o}){let{t:r}=e,s=Z(n,o.shape),i=fe(n,o.shape),a=l=>i.filter(p=>p.code===l).map(({words:p})=>e.words(p)),c=(l,p,m,h)=>({key:l,name:p,shown:q(m),why:a(h)});return vt(e,t,"cost",r("Cost"),[c("params",r("parameters in all"),s.params,"params"),c("macs",r("multiply-adds (MACs)"),s.macs,"macs"),c("touched",r("of these, on real inputs"),s.touched,"macs"),c("terms",n.transposed?r("products in one output, at most"):r("products in one output"),s.connections,"rounding")])}function xt(e,t,{conv:n,input:o}){let{t:r}=e,[s]=te([n],o.shape),i=$t(n,o.shape).filter(({code:l})=>l==="field-window"||l==="reach").map(({words:l})=>e.words(l)),a=l=>s.map(l).join(" \xD7 "),c=(l,p,m)=>({key:l,name:p,shown:m,why:i});return vt(e,t,"field",r("Receptive field"),[c("size",r("inputs spanned by one output"),a(ee)),...s.some(I)?[c("holes",r("inputs skipped by the dilation, per axis"),a(I))]:[],c("jump",r("step from one output to the next, in inputs"),a(({jump:l})=>z(l))),c("start",r("centre of the first output's field"),s.map(({start:l})=>z(l)).join(", ").replaceAll("-","\u2212"))])}function vt(e,t,n,o,r){return u`<section class="fact">
    <h2>${o}</h2>
    <dl class="figures">${r.map(s=>u`<dt>${s.name}</dt><dd>${re(e,t,n,s)}</dd>`)}</dl>
    ${se(t,n,r)}
  </section>`}function kt(e,t,{conv:n,input:o}){let r=D(n.axes,o.shape.slice(1)),s=o.shape.join(" \xD7 "),i=[n.out_channels,...n.axes.map((a,c)=>M(a,o.shape[c+1],n.transposed))].join(" \xD7 ");return u`<section class="fact sizes">
    <h2>${e.t("Output size")}</h2>
    <p class="becomes"><span>${s}</span> <span aria-hidden="true">→</span><span class="unseen">${e.t("becomes")}</span> <b>${i}</b></p>
    ${r.map(({axis:a,n:c,names:l})=>un(e,t,a,c,l,n.transposed))}
  </section>`}function un(e,t,n,o,r,s){let i=hn(e,n,o,r,s),a=`size ${r}`,c=l=>re(e,t,a,i.find(p=>p.key===l));return u`<div class="axis">
    <h3>${r}</h3>
    <p class="formula">${s?mn(c,n):dn(c)}</p>
    <p class="letters">
      ${s?e.t("(n \u2212 1)\xB7stride + reach \u2212 before \u2212 after + output_padding"):e.t("\u230A(n + before + after \u2212 reach) / stride\u230B + 1")}
    </p>
    ${se(t,a,i)} ${at(e,n,o,r,s)} ${pn(e,n,o,r,s)}
  </div>`}var dn=e=>u`⌊(${e("n")}+${e("before")}+${e("after")}−${e("reach")}) / ${e("stride")}⌋ + 1 = ${e("output")}`,mn=(e,t)=>u`(${e("n")}−1)·${e("stride")}+${e("reach")}−${e("before")}−${e("after")}${t.output_padding?u`+${e("output_padding")}`:f} = ${e("output")}`;function pn(e,t,n,o,r){let s=oe(t,n,o,r).filter(({code:l})=>l.startsWith("unread")||l==="transposed-choices"),[i,a]=K(t,n,r),c=a>i?"note lost":"note";return s.map(({words:l})=>u`<p class=${c}>${e.words(l)}</p>`)}function hn(e,t,n,o,r){let{t:s}=e,[i,a]=S(t,n,r),c=oe(t,n,o,r),l=(...b)=>c.filter(({code:g})=>b.includes(g)).map(({words:g})=>e.words(g)),m=typeof t.padding=="string"?l("same","causal","transposed-word"):[r?s("padding={padding} in the code: how many outputs are cropped before and after",{padding:`(${t.padding})`}):s("padding={padding} in the code: how many elements are added before and after",{padding:`(${t.padding})`})],h=(b,g,y,k)=>({key:b,name:g,shown:String(y),why:k});return[h("n",s("input size n"),n,[s("The input has {n} elements along {names}. Under Picture you choose how finely the picture is sampled.",{n,names:o})]),h("before",s("before"),i,m),h("after",s("after"),a,m),h("reach",s("reach"),G(t),l("reach")),h("stride",s("stride"),t.stride,[r?s("stride={stride} in the code: the distance between the windows of two neighbouring inputs",{stride:t.stride}):s("stride={stride} in the code: the step from one window to the next",{stride:t.stride})]),h("output_padding","output_padding",t.output_padding,[s("It chooses the output size among {sizes}.",{sizes:U(t,n,r).join(", ")})]),h("output",s("output size"),M(t,n,r),l("size","transposed-size"))]}var fn=[kt,xt,yt,lt,bt,rt];function St(e,t,n){let o=[n.conv,String(n.input.shape),t.opened,t.along,e.store.state.lang];return u`${E(o,()=>B(n.conv,n.input.shape)?f:fn.map(s=>s(e,t,n)))}`}var ie=[{name:"sparse",question:d("Who is connected to whom?")},{name:"same",question:d("Is padding=1 the same as 'same'?")},{name:"strided-same",question:d("Why does PyTorch refuse 'same' with a stride?")},{name:"one-pixel",question:d("Same size, different numbers: the one-pixel lie")},{name:"translation",question:d("The picture moves: does the map follow?")},{name:"learned",question:d("What decides a kernel's values?")},{name:"layers",question:d("What does each layer see?")}];function Ot(e){let t=Ae(e,()=>import("./convolution-guides-views.mjs")),n=!1;return(o,r)=>{let s=ie.find(({name:p})=>p===o.guide);if(!s)return n=!0,f;let i=t.now();if(!i)return t.view();n&&i.nothingShown(e),n=!1;let{lang:a,theme:c}=e.store.state,l=[o.guide,r.input,r.weight,o.out,o.wire,o.tick,a,c];return E(l,()=>i.VIEWS[s.name](e,o,r,e.t(s.question)))}}var gn=[{name:"convolution.png",label:d("Picture (PNG)"),blob:(e,t,n)=>n("png")},{name:"convolution.svg",label:d("Drawing (SVG)"),blob:(e,t,n)=>n("svg")},{name:"convolution.gif",label:d("Animation (GIF)"),blob:(e,t,n)=>n("gif")},{name:"convolution.html",label:d("This page in one file (HTML)"),blob:e=>yn(e)},{name:"convolution.py",label:d("PyTorch code (Python)"),blob:$n},{name:"convolution.json",label:d("Numbers and settings (JSON)"),blob:({pictures:e},t)=>ge(kn(e,t),"application/json")}];async function $n(e,t){let{scriptOf:n}=await e.bring(()=>import("./convolution-script.mjs"));return ge(n(t,C(e.pictures,t)),"text/x-python")}function Mt(e,t,n){let{t:o}=e;return u`
    <details class="exports">
      <summary>${o("Export")}</summary>
      <div class="stacked">
        ${gn.map(r=>u`<button @click=${()=>bn(e,r.name,r.blob(e,t,n))}>${o(r.label)}</button>`)}
        ${e.host.kind==="notebook"?"":u`<button @click=${()=>wn(e,t)}>${o("Copy the link")}</button>`}
      </div>
      <small>${_t(e,t)}</small>
    </details>
  `}async function bn(e,t,n){try{ct(await n,t),e.tell(e.t("saved: {name}",{name:t}))}catch(o){e.refuse(o)}}function _t({t:e},t){let n=pe(t).length;return n<=J?e("the link holds all settings, but not your picture"):e("the link holds {most} of the {changed} weights you changed; the JSON holds all",{most:J,changed:q(n)})}async function wn(e,t){try{await navigator.clipboard.writeText(location.href),e.tell(pe(t).length>J?`${e.t("the link is copied")}: ${_t(e,t)}`:e.t("the link is copied"))}catch{e.tell(location.href)}}async function yn(e){let t=e.store.state.convolution,n=vn(t,e.host.kind==="notebook"?"":location.hash.slice(1));if(e.host.kind!=="alone"){let{height:s,width:i,rgb:a}=e.pictures.called(t.picture)??e.pictures.called(O)??{},c={link:n,lang:e.store.state.lang,height:s,width:i},{bytes:l}=await e.host.ask("page.html",c,a?[new Uint8Array(a)]:[]);return new Blob([l[0]],{type:"text/html"})}let o=document.documentElement.cloneNode(!0),r=o.querySelector("#kaiyan-boot");return r.textContent=JSON.stringify({...e.host.boot,link:n}).replaceAll("<","\\u003c"),o.querySelector("#kaiyan")?.replaceChildren(),ge(`<!doctype html>
${o.outerHTML}`,"text/html")}var xn=2e4;function vn(e,t){let n=new URLSearchParams(t);for(let[o,r]of Object.entries({...Ve(e,xn),crop:Je(e.crop)}))n.set(o,r);return String(n)}function kn(e,t){let{recipe:n,conv:o,kernel:r,weight:s,bias:i,place:a,out:c,channel:l,side:p,crop:m,shift:h}=t;return`${JSON.stringify({schema:"kaiyan-studio/1",recipe:n,conv:o,kernel:r,weight:s,bias:i,place:a,out:c,channel:l,input:{shape:C(e,t),side:p,crop:m,shift:h}},null,2)}
`}var ge=(e,t)=>new Blob([e],{type:t});function Ct(e,t,n,o=64){let r=Float64Array.from({length:o},(c,l)=>Math.cos(2*Math.PI*l/o)),s=Float64Array.from({length:o},(c,l)=>Math.sin(2*Math.PI*l/o)),i=o/2,a=new Float64Array(o*o);for(let c=-i;c<i;c++)for(let l=-i;l<i;l++){let[p,m]=[0,0];for(let h=0;h<t;h++)for(let b=0;b<n;b++){let g=((c*h+l*b)%o+o)%o;p+=e[h*n+b]*r[g],m-=e[h*n+b]*s[g]}a[(c+i)*o+l+i]=Math.hypot(p,m)}return a}var $=64,Sn=.38,On=.45,Mn=.05,_n=.33,Cn=.5;function zt(e,[t,n],o=!1){let r=Ct(e,t,n,$),s=o?r.subarray($/2*$,($/2+1)*$):r;return{strengths:r,most:Math.max(...r),kind:Tn(s)}}var x={none:d("lets nothing through"),all:d("lets all frequencies through alike"),low:d("keeps slow changes: a blur (low-pass)"),smear:d("blurs along one direction and keeps the other: a smear"),high:d("keeps fast changes: edges and noise (high-pass)"),band:d("keeps what lies between: edges, but not the finest detail (band-pass)"),mixed:d("keeps something of everything, the most of what lies between"),raised:d("keeps everything and strengthens fine detail: sharpens")};function Tn(e){let t=Math.max(...e);if(!t)return x.none;let n=Math.min(...e)/t,o=e[e.length===$?$/2:$/2*$+$/2]/t,r=e.filter((i,a)=>Tt(a,e.length)>Sn).map(i=>i/t),s=Math.max(...r);return n>.999?x.all:o>.99?s>.99?x.smear:x.low:n>Mn&&s===1?x.raised:n>_n?x.mixed:o>Cn?x.low:Tt(e.indexOf(t),e.length)<On?x.band:x.high}var Tt=(e,t)=>Math.hypot(t===$?0:Math.floor(e/$)-$/2,e%$-$/2)/$;function At(e,t,n){let o=e.getContext("2d"),r=o.createImageData($,$);t.forEach((s,i)=>{let a=Ie(s,0,n);r.data.set(Fe.subarray(4*a,4*a+4),4*i)}),o.putImageData(r,0,0)}var Et=({sizes:e,numbers:t})=>({sizes:e,numbers:[...t].reverse()});function $e({sizes:[e,t],numbers:n}){let o=Array.from({length:e*t},(r,s)=>n[s%e*t+Math.floor(s/e)]);return{sizes:[t,e],numbers:o}}function Nt(e){let{sizes:t,numbers:n}=$e(e),[,o]=t;return{sizes:t,numbers:n.map((r,s)=>n[s-s%o+(o-1-s%o)])}}function Ft(e){let t=e.reduce((r,s)=>r+s,0),n=e.reduce((r,s)=>r+Math.abs(s),0),o=Math.abs(t)>1e-9*n?t:n;return o?e.map(r=>r/o):e}var ye=9;function It(e){let t={brush:null,together:!0,depth:null,refused:null,ways:[]},n=o=>{Object.assign(t,o),e.store.change(null,{})};return o=>{let r=ae(o,t.depth),s=An(e,t,n);return u`
      <div class="kernel-editor">
        ${Nn(e,o,t.together)} ${Fn(e,o,t,n)}
        <div class="kernel-views">
          ${Math.max(...r.sizes)<=ye?ft({...s,app:e,theme:zn(e),...r,brush:t.brush}):f}
          ${In(e,r)}
          ${E([o.weight,...r.sizes,o.out,o.channel,r.depth,o.conv.axes.length,e.store.state.lang],()=>Pn(e,r,o.conv.axes.length===1))}
        </div>
        ${t.refused?u`<p class="wrong" role="alert">${e.words(t.refused)}${t.ways.map(i=>u`<small>${e.words(i)}</small>`)}</p>`:f}
        ${Dn(e,t,n)} ${Ln(e,r,s)} ${Rn(e,r,s)}
      </div>
    `}}var zn=({root:e})=>Re(e).theme;function ae({conv:e,out:t,channel:n,weight:o},r){let s=We(e),[i,a]=s.length===1?[1,s[0]]:s.slice(-2),c=s.length===3?Math.min(r??s[0]>>1,s[0]-1):0,l=me(e,t,n%V(e))+c*i*a;return{sizes:[i,a],numbers:o.slice(l,l+i*a),depth:c}}function An(e,t,n){let o=()=>{let i=e.store.state.convolution;return{slice:i,face:ae(i,t.depth)}},r=i=>{n({refused:null,ways:[]}),e.store.change("convolution",i)},s=i=>{let{slice:a,face:c}=o();r(Q(a,we(a,c,i),t.together))};return{whole:s,refuse:i=>n({refused:mt(i),ways:pt(i)}),change:(i,a)=>s(o().face.numbers.map((c,l)=>l===i?a:c)),paste:i=>{let{rows:a,refused:c}=dt(i);return a?r(En(o().slice,o().face,a,t.together)):n({refused:c.error,ways:c.ways}),a!==null}}}function we({conv:e,out:t,channel:n,weight:o},{depth:r,numbers:s},i){let a=me(e,t,n%V(e)),c=o.slice(a,a+qe(e));return c.splice(r*s.length,s.length,...i),c}function En(e,t,n,o){let r=[n.length,n[0].length];if(String(r)===String(t.sizes))return Q(e,we(e,t,n.flat()),o);let{axes:s}=e.conv,i=s.length===1?[n.flat().length]:r,a=s.map((p,m)=>({...p,kernel:i[m-s.length+i.length]??p.kernel})),c=A(e,{...e.conv,axes:a});if(c.error)return c;let l={...e,...c};return{...c,...Q(l,we(l,ae(l,t.depth),n.flat()),o)}}function Nn(e,t,n){let{t:o}=e,r=i=>{let a=i.target.value;a!=="own"&&e.store.change("convolution",Ye(t,a,n))},s=ue.find(({name:i})=>i===t.kernel);return u`
    <label class="field">
      <span>${o("Kernel")}</span>
      <select @change=${r}>
        ${t.kernel==="own"||!s?u`<option value="own" selected>${t.kernel==="own"?o("your own numbers"):t.kernel}</option>`:f}
        ${ue.map(({name:i,does:a})=>u`<option value=${i} ?selected=${i===t.kernel}>${i===t.kernel?i:`${i}: ${o(a)}`}</option>`)}
      </select>
      ${s?u`<small>${o(s.does)}</small>`:f}
    </label>
  `}function Fn(e,t,n,o){let{t:r}=e,{conv:s,out:i}=t,a=V(s),c=s.axes.length===3?s.axes[0].kernel:1,l=de(s,i),p=m=>e.store.change("convolution",m);return s.out_channels===1&&a===1&&c===1?f:u`
    <div class="slices">
      ${be(r("Output channel"),i,0,s.out_channels,m=>p({out:m,channel:de(s,m)+he(t)}))}
      ${be(r("Input channel"),l+he(t),l,a,m=>p({channel:m}))}
      ${be(r("Depth"),ae(t,n.depth).depth,0,c,m=>o({depth:m}))}
      ${a>1?u`<label class="check">
            <input type="checkbox" .checked=${n.together} @change=${()=>o({together:!n.together})} />
            ${r("change all {n} input channels together",{n:a})}
          </label>`:f}
    </div>
  `}function be(e,t,n,o,r){return o<2?f:u`
    <label class="field">
      <span>${e}</span>
      <select @change=${i=>r(Number(i.target.value))}>
        ${Array.from({length:o},(i,a)=>u`<option value=${n+a} ?selected=${n+a===t}>${n+a}</option>`)}
      </select>
    </label>
  `}function In({t:e},{sizes:t,numbers:n}){if(Math.max(...t)>ye)return u`<small>${e("Too many for fields: the numbers stand under \u201CEdit as text\u201D.")}</small>`;let o=ht(t[1],n);return o?o.some((r,s)=>r!==Ee(n[s]))?u`<small>${e("Rounded to fit: go into a field to see every digit.")}</small>`:f:u`<small>${e("The fields are too narrow for these numbers: point at one, or go into it, to read it.")}</small>`}function Pn(e,{numbers:t,sizes:n},o){let{t:r}=e,{strengths:s,most:i,kind:a}=zt(t,n,o),c=l=>l&&At(l,s,i);return u`
    <figure class="spectrum">
      <canvas width=${$} height=${$} role="img" aria-label=${`${r("Frequency response")}: ${r(a)}`} ${P(c)}></canvas>
      <figcaption><span class="term" title=${r("how strongly the kernel lets each frequency through: low ones in the middle, high ones at the edge")} tabindex="0">${r("Frequency response")}</span></figcaption>
    </figure>
    <p class="kind">${r(a)}</p>
  `}function Dn({t:e},t,n){let o=(r,s)=>u`<button class="small" aria-pressed=${t.brush===r} @click=${()=>n({brush:r})}>${s}</button>`;return u`
    <div class="row" role="group" aria-label=${e("Dragging over the cells")}>
      ${o(null,e("Type"))} ${o(1,e("Paint {value}",{value:"+1"}))} ${o(0,e("Paint {value}",{value:"0"}))}
      ${o(-1,e("Paint {value}",{value:"\u22121"}))}
    </div>
  `}function Ln({t:e},t,n){let o=(a,c)=>u`<button class="small" @click=${c}>${a}</button>`,r=({sizes:[,a],numbers:c})=>n.paste(Pt(c,a)),s=Ke(Math.floor(Math.random()*1e9)),i=()=>n.whole(t.numbers.map(()=>Math.round(100*Ue(s))/100));return u`
    <div class="row" role="group" aria-label=${e("Change all numbers")}>
      ${o(e("Normalise"),()=>n.whole(Ft(t.numbers)))} ${o(e("Flip"),()=>n.whole(Et(t).numbers))}
      ${t.sizes[0]>1?u`${o(e("Rotate"),()=>r(Nt(t)))} ${o(e("Transpose"),()=>r($e(t)))}`:f}
      ${o(e("Randomise"),i)} ${o(e("Set to 0"),()=>n.whole(t.numbers.map(()=>0)))}
    </div>
  `}function Rn({t:e},{numbers:t,sizes:n},o){let r=s=>o.paste(s.target.value);return u`
    <details class="rows" ?open=${Math.max(...n)>ye}>
      <summary>${e("Edit as text")}</summary>
      <textarea rows="4" spellcheck="false" aria-label=${e("Edit as text")} .value=${Pt(t,n[1])} @change=${r}></textarea>
      <small>${e("the kernel takes the size of what you type")}</small>
    </details>
  `}function Pt(e,t){let n=e.map(o=>Ne(o).replaceAll("\u2212","-"));return Array.from({length:e.length/t},(o,r)=>n.slice(r*t,(r+1)*t).join(" ")).join(`
`)}var Dt=128;function Lt(e,t,n){let o={...n,crop:null,shift:[0,0],side:Math.min(Dt,Me(n.picture)?n.side:Dt)},r=t.sample(o);if(!r)return;let{height:s,width:i,planes:a}=r,c=`${n.picture} ${s} ${n.crop}`;if(e.dataset.drawn===c)return;e.dataset.drawn=c,Object.assign(e,{height:s,width:i});let l=e.getContext("2d"),p=l.createImageData(i,s);for(let m=0;m<s*i;m++)p.data.set([a[0][m],a[1][m],a[2][m],255],m*4);l.putImageData(p,0,0)}function Rt(e,{picture:t,crop:n,side:o}){let r=e.called(t);if(!r||!n)return null;let{top:s,left:i,size:a}=Te(r,{crop:n,side:o});return{top:s/r.height,left:i/r.width,height:a/r.height,width:a/r.width}}function L(e,{picture:t,crop:n},o,r,s=n?.[2]??.5){let{height:i,width:a}=e.called(t)??{height:1,width:1},c=p=>s*Math.min(i,a)/p/2,l=(p,m)=>Math.min(Math.max(p,c(m)),1-c(m));return[l(o,i),l(r,a),s].map(p=>Number(p.toFixed(4)))}async function jt(e){try{if(!navigator.mediaDevices?.getUserMedia)throw new DOMException("","NotFoundError");let t=await navigator.mediaDevices.getUserMedia({video:{width:{ideal:1024}},audio:!1}),n=document.createElement("video");return Object.assign(n,{srcObject:t,muted:!0,playsInline:!0}),await n.play(),{video:n,close:()=>t.getTracks().forEach(r=>r.stop()),take:()=>Y(e,e.pictures.hold({title:e.t("the camera"),...tt(n)}))}}catch(t){return e.refuse(jn(t instanceof DOMException?t.name:"")),null}}function jn(e){return e==="NotAllowedError"||e==="SecurityError"?new X({en:"the browser was not allowed to use the camera",zh:"\u6D4F\u89C8\u5668\u6CA1\u6709\u83B7\u51C6\u4F7F\u7528\u6444\u50CF\u5934"},[{en:"allow it with the camera icon in the address bar, or open a file",zh:"\u5728\u5730\u5740\u680F\u7684\u6444\u50CF\u5934\u56FE\u6807\u5904\u5141\u8BB8\uFF0C\u6216\u6253\u5F00\u4E00\u4E2A\u6587\u4EF6"}]):e==="NotReadableError"?new X({en:"the camera is in use by another program",zh:"\u6444\u50CF\u5934\u6B63\u88AB\u522B\u7684\u7A0B\u5E8F\u5360\u7528"}):new X({en:"there is no camera that the browser can reach",zh:"\u6D4F\u89C8\u5668\u627E\u4E0D\u5230\u6444\u50CF\u5934"},[{en:"open a file, or paste a picture",zh:"\u6253\u5F00\u4E00\u4E2A\u6587\u4EF6\uFF0C\u6216\u7C98\u8D34\u4E00\u5F20\u56FE\u7247"}])}var Hn=[16,24,32,48,64,96,128,192,256];function Ht(e){let{t,store:n}=e,o=c=>n.change("convolution",c),r=null,s=()=>{r?.close(),r=null,o({})},i=c=>{let l=c.target;l.files?.[0]&&nt(e,l.files[0],l.files[0].name),l.value=""};return{view:c=>u`
    <div class="picture">
      ${Wn(e,c)}
      <div class="look">
        ${Gn(e,c)}
        <div class="sizes">
          <label>${t("Pixels")}
            <select .value=${w(String(c.side))} @change=${l=>o({side:Number(l.target.value)})}>
              ${[...new Set([...Hn,c.side])].sort((l,p)=>l-p).map(l=>u`<option value=${l} ?selected=${l===c.side}>${l}</option>`)}
            </select>
          </label>
          ${e.pictures.called(c.picture)?Kn(e,c):f}
        </div>
      </div>
      <div class="sources">
        <label class="button">${t("Open a picture")}<input class="unseen" type="file" accept="image/*" @change=${i} /></label>
        <button @click=${async()=>{r=await jt(e),o({})}}>${t("Camera")}</button>
        <small>${t("or drop or paste one anywhere")}</small>
      </div>
      ${r?Un(e,r,s):f}
    </div>
  `,close:()=>r?.close()}}function Wn(e,t){let{t:n}=e,o=i=>{let a=i.target.value;H.some(l=>l.name===a)?e.store.change("convolution",{picture:a,crop:null,shift:[0,0],side:Math.min(t.side,32)}):Y(e,a)},r=(i,a)=>u`<option value=${i} ?selected=${i===t.picture}>${a}</option>`,s=H.find(({name:i})=>i===t.picture);return u`
    <select aria-label=${n("Picture")} .value=${w(t.picture)} @change=${o}>
      ${r(O,qn(e))}
      ${e.pictures.own().map(({name:i,title:a})=>r(i,a))}
      <optgroup label=${n("Test patterns")}>${H.map(({name:i,title:a})=>r(i,n(a)))}</optgroup>
    </select>
    ${s?u`<small>${n(s.does)}</small>`:f}
  `}function qn({t:e,host:t}){let{name:n}=t.boot;return n===void 0||n==="astronaut"?e("the photograph"):n}function Gn(e,t){let n=l=>e.store.change("convolution",{crop:l,shift:[0,0]}),o=Rt(e.pictures,t),r=l=>{if(!(!l||!o))for(let[p,m]of Object.entries(o))l.style.setProperty(p,`${100*m}%`)},s=l=>{let p=l.currentTarget.getBoundingClientRect();n(L(e.pictures,t,(l.clientY-p.top)/p.height,(l.clientX-p.left)/p.width))},i=l=>{if(!o||l.button)return;l.currentTarget.setPointerCapture(l.pointerId),s(l)},a=l=>l.currentTarget.hasPointerCapture(l.pointerId)&&s(l),c=l=>{let p={ArrowUp:[-1,0],ArrowDown:[1,0],ArrowLeft:[0,-1],ArrowRight:[0,1]}[l.key];if(!p||!t.crop)return;l.preventDefault(),l.stopPropagation();let m=l.shiftKey?.1:.01;n(L(e.pictures,t,t.crop[0]+p[0]*m,t.crop[1]+p[1]*m))};return u`
    <div class="thumbnail" role="group" tabindex=${o?0:-1} aria-label=${e.t(o?"The part in use: arrow keys move it":"The picture")}
      @pointerdown=${i} @pointermove=${a} @keydown=${c}>
      <canvas aria-hidden="true" ${P(l=>l&&Lt(l,e.pictures,t))}></canvas>
      ${o?u`<span class="frame" ${P(r)}></span>`:f}
    </div>
  `}function Kn(e,t){let{t:n}=e,o=c=>e.store.change("convolution",{crop:c,shift:[0,0]}),[r,s,i]=t.crop??[.5,.5,1],a=c=>o(L(e.pictures,t,r,s,Number(c.target.value)));return u`
    <label class="whole"><input type="checkbox" .checked=${w(!t.crop)} @change=${()=>o(t.crop?null:L(e.pictures,t,r,s,.5))} />${n("Whole picture")}</label>
    <input type="range" min="0.04" max="1" step="0.01" ?disabled=${!t.crop} aria-label=${n("How large a part")} .value=${w(String(i))} @input=${a} />
  `}function Un(e,t,n){let o=()=>{t.take(),n()};return u`<div class="camera">${t.video}<button @click=${o}>${e.t("Take this frame")}</button><button class="quiet" @click=${n}>${e.t("Close the camera")}</button></div>`}var Bn=[d("Filters"),d("Layers"),d("Ideas")],Wt={picture:"letter",side:16,crop:null},xe=[{name:"sobel",group:"Filters",title:d("Sobel: vertical edges"),line:"nn.Conv2d(1, 1, 3, padding=1)",kernel:"sobel-x"},{name:"laplacian",group:"Filters",title:d("Edges in all directions"),line:"nn.Conv2d(1, 1, 3, padding=1)",kernel:"laplacian-8"},{name:"blur",group:"Filters",title:d("Blur"),line:"nn.Conv2d(1, 1, 5, padding=2)",kernel:"gaussian"},{name:"sharpen",group:"Filters",title:d("Sharpen"),line:"nn.Conv2d(1, 1, 3, padding=1)",kernel:"sharpen"},{name:"identity",group:"Filters",title:d("Identity: nothing changes"),line:"nn.Conv2d(1, 1, 3, padding=1)",kernel:"identity"},{name:"colour",group:"Layers",title:d("Colour in, eight maps out"),line:"nn.Conv2d(3, 8, 3, padding=1)",kernel:"sobel-x"},{name:"pointwise",group:"Layers",title:d("1 \xD7 1: mixes channels"),line:"nn.Conv2d(3, 3, 1)",kernel:"identity"},{name:"grouped",group:"Layers",title:d("Grouped: two halves"),line:"nn.Conv2d(4, 8, 3, padding=1, groups=2)",kernel:"sobel-x"},{name:"depthwise",group:"Layers",title:d("Depthwise: one per channel"),line:"nn.Conv2d(3, 3, 3, padding=1, groups=3)",kernel:"sobel-x"},{name:"stem",group:"Layers",title:d("ResNet stem: 7 \xD7 7, stride 2"),line:"nn.Conv2d(3, 64, 7, stride=2, padding=3, bias=False)",kernel:"gabor"},{name:"patchify",group:"Layers",title:d("Patchify: 4 \xD7 4, stride 4"),line:"nn.Conv2d(3, 16, 4, stride=4)",kernel:"box"},{name:"strided",group:"Ideas",title:d("'same' at stride 2"),line:"kaiyan.nn.Conv2d(1, 1, 3, stride=2, padding='same')",kernel:"sobel-x"},{name:"dilated",group:"Ideas",title:d("Dilated (\xE0 trous)"),line:"nn.Conv2d(1, 1, 3, padding=2, dilation=2)",kernel:"laplacian"},{name:"causal",group:"Ideas",title:d("Causal: sees no future"),line:"kaiyan.nn.Conv1d(1, 1, 3, padding='causal')",kernel:"box"},{name:"mirrored",group:"Ideas",title:d("Mirrored edges"),line:"nn.Conv2d(1, 1, 9, padding=4, padding_mode='reflect')",kernel:"box"},{name:"checkerboard",group:"Ideas",title:d("Transposed: a checkerboard"),line:"nn.ConvTranspose2d(1, 1, 3, stride=2, padding=1, output_padding=1)",kernel:"box",changes:{...Wt,view:"scatter"}},{name:"smooth",group:"Ideas",title:d("Transposed: no checkerboard"),line:"nn.ConvTranspose2d(1, 1, 4, stride=2, padding=1)",kernel:"box",changes:{...Wt,view:"scatter"}},{name:"turned",group:"Ideas",title:d("The kernel, turned by 180\xB0"),line:"nn.Conv2d(1, 1, 5, padding=2)",kernel:"emboss",changes:{picture:"dot",side:16,crop:null}},{name:"frames",group:"Ideas",title:d("3-D: across video frames"),line:"nn.Conv3d(1, 1, 3, padding=1)",kernel:"gaussian",changes:{side:32}}];function Vn(e,{line:t,kernel:n,changes:o}){let r=F(t).conv,s=e.picture.startsWith("own-")?{}:{picture:O,crop:e.picture===O?e.crop:Ce};return{...Xe(e,r),...s,conv:r,recipe:_(r),error:null,kernel:n,base:n,weight:Ge(r,n),bias:Qe(r),out:0,channel:0,place:r.axes.map(()=>0),shift:[0,0],side:Math.max(e.side,Be.side),zoom:1,...o}}function Jn({recipe:e,kernel:t,picture:n,error:o}){if(!o)return xe.find(r=>{let s=F(r.line).conv;return r.kernel===t&&_(s)===e&&(r.changes?.picture??n)===n})}function qt(e,t){let n=Jn(t),o=r=>{let s=r.target,i=xe.find(({name:a})=>a===s.value);i&&(e.store.change("convolution",Vn(t,i)),e.tell(e.t(i.title)))};return u`
    <label class="field presets-field">
    <span>${e.t("Start from")}</span>
    <select class="presets" .value=${w(n?.name??"")} @change=${o}>
      <option value="" ?hidden=${n!==void 0} ?selected=${n===void 0}>${e.t("a layer of your own")}</option>
      ${Bn.map(r=>u`
        <optgroup label=${e.t(r)}>
          ${xe.filter(s=>s.group===r).map(({name:s,title:i})=>u`<option value=${s} ?selected=${s===n?.name}>${e.t(i)}</option>`)}
        </optgroup>
      `)}
    </select>
    </label>
  `}var Qn={"kernel size":d("How many elements the kernel reads along each axis."),stride:d("How far the window moves from one output to the next. A stride of 2 halves the output size."),padding:d("Elements added around the picture, so that the window can stand at its edge."),"padding mode":d("What fills the padding: zeros, a constant, or pixels of the picture itself: mirrored, repeated from the edge, or wrapped around."),dilation:d("The distance between the elements that the kernel reads. A dilation of 2 skips every other one."),groups:d("How many separate groups the channels are divided into. As many groups as input channels is a depthwise convolution."),"input channels":d("How many numbers the input has at each position: 1 for grey, 3 for colour."),"output channels":d("How many kernels there are; each makes one feature map."),"output padding":d("Rows and columns added at the end of a transposed convolution's output, because several output sizes are possible."),bias:d("One number per output channel, added to every sum."),kind:d("A convolution sums a window into one number; a transposed convolution spreads one number over a window.")};function ve({t:e},t){let n=Qn[t];return n?u`<span class="term explained" tabindex="0" @keydown=${r=>{if(r.key!=="Escape")return;r.stopPropagation(),r.currentTarget.blur()}}>${e(t)}<span class="gloss" role="note">${e(n)}</span></span>`:u`${e(t)}`}function Ut(e){let t=W(e).plain.trim();return/^-?\d{1,9}$/.test(t)?Number(t):NaN}var Gt=new WeakMap,ke=e=>Gt.get(e)??Gt.set(e,new Map).get(e)??new Map;function T(e,{key:t,label:n,value:o,set:r,least:s,most:i=2**31}){let a=ke(e).get(t),c=m=>{ke(e).delete(t),r(Math.min(Math.max(m,s),i))},l=m=>{let h=Ut(m);if(h>=s&&h<=i)return c(h);ke(e).set(t,m),e.store.change("convolution",{})},p=m=>{let h={ArrowUp:1,ArrowDown:-1}[m.key];h&&(m.preventDefault(),c(o+h))};return u`
    <span class="stepper">
      <button tabindex="-1" aria-label=${e.t("{field}: one less",{field:n})} ?disabled=${o<=s} @click=${()=>c(o-1)}>−</button>
      <input
        inputmode="numeric"
        autocomplete="off"
        aria-label=${n}
        aria-invalid=${a===void 0?"false":"true"}
        .value=${w(a??String(o))}
        @input=${m=>m.isComposing||l(m.target.value)}
        @change=${m=>l(m.target.value)}
        @keydown=${p}
      />
      <button tabindex="-1" aria-label=${e.t("{field}: one more",{field:n})} ?disabled=${o>=i} @click=${()=>c(o+1)}>+</button>
    </span>
    ${a===void 0?f:u`<p class="problem" role="alert">${Xn(e,a,s,i)}</p>`}
  `}function Xn({t:e},t,n,o){let r=Ut(t);return Number.isNaN(r)?t.trim()?e("{text} is not a whole number",{text:`"${t.trim()}"`}):e("Enter a whole number here."):r<n?e("{n} is too small: {least} or more",{n:r,least:n}):e("{n} is too large: {most} or less",{n:r,most:o})}function v(e,t,n,o,r=""){return u`
    <div class="setting ${r}">
      <span class="label">${e.t(t)===n?u`<code class="same">${ve(e,t)}</code>`:u`${ve(e,t)} <code>${n}</code>`}</span>
      <span class="control">${o}</span>
    </div>
  `}var Yn={kernel:[d("kernel size"),1],stride:[d("stride"),1],dilation:[d("dilation"),1],output_padding:[d("output padding"),0]},Zn={kernel:"kernel_size"},Kt=new WeakMap;function R(e,t,n,o){let[r,s]=Yn[n],i=Kt.get(e)??new Set;Kt.set(e,i);let a=t.axes.map(g=>g[n]),c=a.length===1||!i.has(n)&&new Set(a).size===1,l=(g,y=-1)=>o({...t,axes:t.axes.map((k,tn)=>y<0||tn===y?{...k,[n]:g}:k)}),p=()=>{i.delete(n)?l(a[0]):i.add(n),e.store.change("convolution",{})},m=c?T(e,{key:n,label:e.t(r),value:a[0],least:s,set:g=>l(g)}):t.axes.map(({name:g},y)=>u`<span class="axis"><code>${g}</code>${T(e,{key:`${n}-${g}`,label:`${e.t(r)} ${g}`,value:a[y],least:s,set:k=>l(k,y)})}</span>`),h=t.axes.map(({name:g})=>g),b=a.length===1?f:u`
    <button class="quiet unfold" aria-expanded=${!c} title=${e.t("{field}: one number for each axis",{field:e.t(r)})} @click=${p}>${h.join(c?"=":"\u2260")}</button>`;return v(e,r,Zn[n]??n,u`${b}<span class="numbers">${m}</span>`,c?"":"tall")}var Oe=["same","same_lower","valid","causal"],eo=[["number",d("number")],["sides",d("each side")],...Oe.map(e=>[e,`'${e}'`])],to=["zeros","constant","reflect","replicate","circular","symmetric"];function Bt(e,t,n){let{conv:o}=t,r=oo(o),s=()=>o.axes.map((m,h)=>S(m,C(e.pictures,t)[h+1],o.transposed).map(b=>Math.max(b,0))),i=m=>n({...o,axes:o.axes.map((h,b)=>({...h,padding:m[b]}))}),a=m=>{if(Oe.includes(m))return i(o.axes.map(()=>m));let h=s();if(m==="number")return i(h.map(()=>[h[0][0],h[0][0]]));Se.add(e),i(h.map(([b,g])=>[b,g])),e.store.change("convolution",{})},l=r==="sides"||r==="number"&&Se.has(e)?"sides":r,p=u`
    <select aria-label=${e.t("padding")} .value=${w(l)} @change=${m=>{Se.delete(e),a(m.target.value)}}>
      ${eo.map(([m,h])=>u`<option value=${m} ?selected=${m===l}>${Oe.includes(m)?h:e.t(h)}</option>`)}
      ${r==="mixed"?u`<option value="mixed" selected>${e.t("as in the code")}</option>`:f}
    </select>
    ${l==="number"?T(e,{key:"padding",label:e.t("padding"),value:s()[0][0],least:0,set:m=>i(o.axes.map(()=>[m,m]))}):f}
    ${l==="sides"?no(e,o,s(),i):f}
  `;return v(e,"padding","padding",p,l==="sides"?"tall":"pair")}var Se=new WeakSet;function no(e,t,n,o){let r=(i,a,c)=>o(n.map((l,p)=>l.map((m,h)=>p===i&&h===a?c:m))),s=(i,a)=>{let c=`${t.axes[i].name} ${e.t(a?"after":"before")}`;return T(e,{key:`padding-${i}-${a}`,label:c,value:n[i][a],least:0,set:l=>r(i,a,l)})};return u`
    <span class="sides">
      <span></span><small>${e.t("before")}</small><small>${e.t("after")}</small>
      ${t.axes.map(({name:i},a)=>u`<code>${i}</code><span>${s(a,0)}</span><span>${s(a,1)}</span>`)}
    </span>
  `}function oo({axes:e}){let t=new Set(e.map(({padding:o})=>String(o))),[{padding:n}]=e;return t.size===1&&typeof n=="string"?n:e.some(o=>typeof o.padding=="string")?"mixed":t.size===1&&n[0]===n[1]?"number":"sides"}function Vt(e,t,n){let[o,r=""]=t.padding_mode.split(/[()]/),s=a=>n({...t,padding_mode:a}),i=a=>{let c=Number(W(a.target.value).plain);Number.isFinite(c)&&s(`constant(${c})`)};return v(e,"padding mode","padding_mode",u`
      <select aria-label=${e.t("padding mode")} ?disabled=${t.transposed} .value=${w(o)} @change=${a=>{let{value:c}=a.target;s(c==="constant"?"constant(128)":c)}}>
        ${to.map(a=>u`<option value=${a} ?selected=${a===o}>${a}</option>`)}
      </select>
      ${o==="constant"?u`<input class="value" inputmode="decimal" aria-label=${e.t("the constant")} .value=${ut(r)} @change=${i} />`:f}
    `)}var ro=[1,2,3].flatMap(e=>[`Conv${e}d`,`ConvTranspose${e}d`]).sort(),so=[["L"],["H","W"],["D","H","W"]],io=512;function Qt(e,t){let{conv:n}=t,o=r=>e.store.change("convolution",A(e.store.state.convolution,ao(r)));return u`
    <div class="form" role="group" aria-label=${e.t("The layer as a form")}>
      ${R(e,n,"kernel",o)} ${R(e,n,"stride",o)} ${Bt(e,t,o)}
      <details class="more">
        <summary>${e.t("Channels, groups and more")}</summary>
        ${lo(e,n,o)} ${Jt(e,n,"in_channels",o)} ${Jt(e,n,"out_channels",o)}
        ${co(e,n,o)} ${R(e,n,"dilation",o)} ${Vt(e,n,o)}
        ${n.transposed?R(e,n,"output_padding",o):f} ${mo(e,n,o)}
      </details>
    </div>
  `}function ao(e){let n=Xt(e).filter(i=>i<=e.groups).at(-1)??1,{transposed:o}=e,r=e.axes.some(({padding:i})=>typeof i=="string"),s=e.axes.map(i=>{let a=o&&!r?Math.max(i.stride,i.dilation)-1:0;return{...i,output_padding:Math.min(i.output_padding,a)}});return{...e,groups:n,axes:s,padding_mode:o?"zeros":e.padding_mode}}function Xt({in_channels:e,out_channels:t}){let n=Math.min(e,t);return Array.from({length:n},(o,r)=>r+1).filter(o=>e%o===0&&t%o===0)}function lo(e,t,n){let o=`Conv${t.transposed?"Transpose":""}${t.axes.length}d`,r=s=>{let i=Number(s.at(-2)),a=so[i-1].map((c,l)=>({...t.axes[Math.max(0,l-i+t.axes.length)]??t.axes[0],name:c}));n({...t,axes:a,transposed:s.includes("Transpose")})};return v(e,"kind",e.t("kind"),u`
    <select aria-label=${e.t("kind")} .value=${w(o)} @change=${s=>r(s.target.value)}>
      ${ro.map(s=>u`<option ?selected=${s===o}>${s}</option>`)}
    </select>
  `)}function Jt(e,t,n,o){let r=n==="in_channels"?d("input channels"):d("output channels"),s=t.groups>1&&t.groups===t.in_channels,i=a=>{let c={...t,[n]:a};s&&t.out_channels===t.in_channels?o({...c,in_channels:a,out_channels:a,groups:a}):o(c)};return v(e,r,n,T(e,{key:n,label:e.t(r),value:t[n],least:1,most:io,set:i}))}function co(e,t,n){let o=Xt(t),r=uo(e,t),s=a=>n({...t,groups:o[Number(a.target.value)]}),i=u`
    <input
      type="range"
      min="0"
      max=${o.length-1}
      ?disabled=${o.length===1}
      aria-label=${e.t("groups")}
      aria-valuetext=${`${t.groups}, ${r}`}
      .value=${w(String(o.indexOf(t.groups)))}
      @input=${s}
    />
    <span class="ends"><small>${e.t("not grouped")}</small><strong>${t.groups} · ${r}</strong><small>${e.t("depthwise")}</small></span>
    ${o.length===1?u`<small>${e.t("Grouping needs input and output channels with a common divisor, such as 4 and 8.")}</small>`:f}
  `;return v(e,"groups","groups",i,"wide")}function uo({t:e},{groups:t,in_channels:n}){return e(t===1?"not grouped":t===n?"depthwise":"grouped")}function mo(e,t,n){return v(e,"bias","bias",u`
    <input type="checkbox" aria-label=${e.t("bias")} .checked=${w(t.bias)} @change=${o=>n({...t,bias:o.target.checked})} />
  `)}function Yt(e,t,n){let o=s=>e.store.change("convolution",s),r=n.ways.map(s=>({way:s,changes:po(e.pictures,t,s.en)}));return u`
    ${r.map(({way:s,changes:i})=>i?u`<button @click=${()=>o(i)}>${e.words(s)}</button>`:u`<p class="way">${e.words(s)}</p>`)}
    ${t.error?u`<button class="quiet" @click=${()=>o({recipe:_(t.conv),error:null})}>${e.t("Back to the last line that works")}</button>`:""}
  `}function po(e,t,n){let o=Number(/input of at least (\d+)|input of (\d+) or more/.exec(n)?.slice(1).find(Boolean));if(o)return o<=_e?{side:Math.max(o,t.side)}:null;let r=[n,...fo(t.recipe,n)].find(s=>ho(e,t,s));return r?ne(t,r):null}function ho(e,t,n){let{conv:o}=F(n);return!o||Ze(o)?!1:B(o,C(e,{...t,conv:o}))===null}function fo(e,t){let[,n,o]=/^([a-z_]+)=(\d+|'[^']*'|\((?:[^()]|\([^()]*\))*\))/.exec(t)??[];return n?[ot(e,n,o)]:[]}function Zt(e){let{t,store:n}=e,[o,r]=[`${e.id}-recipe-line`,`${e.id}-recipe-problem`],s=c=>n.change("convolution",c),i=()=>n.state.convolution,a=()=>i().error===null&&s(A(i(),i().conv));return c=>{let l=c.error??et(e.pictures,c);return u`
      <div class="line">
        <label class="unseen" for=${o}>${t("The layer in PyTorch")}</label>
        <textarea
          id=${o}
          rows="2"
          spellcheck="false"
          autocapitalize="off"
          autocomplete="off"
          aria-invalid=${l?"true":"false"}
          aria-describedby=${l?r:f}
          .value=${w(c.recipe)}
          @input=${p=>s(ne(i(),p.target.value))}
          @keydown=${p=>{p.key!=="Enter"||p.isComposing||(p.preventDefault(),a())}}
          @change=${a}
        ></textarea>
        <div id=${r} class="problem" role="alert" ?hidden=${!l}>
          ${l?[u`<p>${e.words(l.error)}</p>`,Yt(e,c,l)]:f}
        </div>
      </div>
    `}}function en(e,t,n){let o=Zt(t),r=It(t),s=Ht(t);return{draw(i,a){let{t:c}=t,l=u`
        <h2>${c("Recipe")}</h2>
        ${qt(t,i)} ${o(i)} ${Qt(t,i)}
        ${r(i)}
        <h3>${c("Picture")}</h3>
        ${s.view(i)}
        ${a?.note?u`<p class="note">${t.words(a.note)}</p>`:f}
        ${go(t,i)}
        ${Mt(t,i,n)}
      `;j(l,e)},destroy:s.close}}function go(e,t){if(!ie.length)return f;let n=o=>e.store.change("convolution",{guide:t.guide===o?null:o});return u`
    <h3>${e.t("Questions from the lesson")}</h3>
    <ul class="questions">
      ${ie.map(({name:o,question:r})=>u`<li><button class="quiet" aria-pressed=${t.guide===o} @click=${()=>n(o)}>${e.t(r)}</button></li>`)}
    </ul>
  `}function ui(e,t,n,o){let r=en(t,e,o),s=Ot(e);return{draw(i,a,c){r.draw(i,a),j(u`<div class="explanation">${s(c.slice,c.model)} ${St(e,c.slice,c.model)}</div>`,n)},destroy:r.destroy}}export{ui as createSides};
/*! Bundled license information:

lit-html/directives/guard.js:
  (**
   * @license
   * Copyright 2018 Google LLC
   * SPDX-License-Identifier: BSD-3-Clause
   *)
*/
