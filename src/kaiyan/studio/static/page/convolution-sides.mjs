import{b as bt,d as wt,f as yt,g as ie,i as ae,j as P,k as le,l as z,m as xt,n as vt,q as ce,r as F}from"./core-code-shared.mjs";import{a as D}from"./lit-html-directives-ref-shared.mjs";import{a as L,b as $t}from"./core-call-shared.mjs";import{a as re}from"./convolution-reading-shared.mjs";import{$ as ge,$a as dt,Aa as Z,B as Ue,Ba as ee,C as S,Ca as $e,D as K,E as Ke,F as B,Fa as w,G as V,H as J,Ha as _,Ja as be,Ma as te,Na as nt,Oa as ot,Pa as we,Q as Be,Qa as ye,Ra as rt,S as Ve,Sa as st,Ta as it,U as Je,Va as ne,W as Xe,Wa as at,X as Ye,Xa as lt,Ya as ct,Z as O,Za as xe,_ as N,_a as ut,aa as X,ab as oe,b as u,ba as Y,bb as mt,ca as Qe,cb as ve,d as C,db as E,e as h,eb as A,f as G,g as U,gb as pt,h as De,ha as Ze,i as M,ia as Q,ib as ft,ja as et,k as je,kb as ht,l as We,lb as gt,m as qe,ma as tt,mb as se,q as d,r as R,v as He,x as Ge}from"./tabs-shared.mjs";var hn={},I=Z(class extends ee{constructor(){super(...arguments),this.ot=hn}render(e,t){return t()}update(e,[t,n]){if(Array.isArray(t)){if(Array.isArray(this.ot)&&this.ot.length===t.length&&t.every((o,r)=>o===this.ot[r]))return C}else if(this.ot===t)return C;return this.ot=Array.isArray(t)?Array.from(t):t,this.render(t,n)}});function St(e,t){let n=Ze(e,t),o=t.slice(-e.axes.length),r={spec:_(e),input:t,output:n};return[{code:"shapes",words:R(d("{spec}: {input} becomes {output}"),r)},...j(e.axes,o).flatMap(({axis:s,n:i,names:a})=>ue(s,i,a,e.transposed)),...ke(e,t),...bn(e,t)]}function j(e,t){let n=new Map;return e.forEach((o,r)=>{let s=JSON.stringify([{...o,name:""},t[r]]),i=n.get(s);i?i.names+=`, ${o.name}`:n.set(s,{axis:o,n:t[r],names:o.name})}),[...n.values()]}function ue(e,t,n,o){let[r,s]=O(e,t,o),{kernel:i,stride:a,dilation:c,output_padding:l,padding:m}=e,p={axes:n,n:t,kernel:i,stride:a,dilation:c,reach:J(e),before:r,after:s,total:r+s,output:N(e,t,o),word:m,output_padding:l},f=(g,y,k={})=>({code:g,axes:n,words:R(y,{...p,...k})});return[f("reach",d("{axes}: the kernel reaches dilation\xB7(kernel \u2212 1) + 1 = {dilation}\xB7({kernel} \u2212 1) + 1 = {reach}")),...o?$n(e,t,f):gn(e,t,f)]}function gn(e,t,n){let o=[];e.padding==="causal"?o.push(n("causal",d("{axes}: 'causal' pads reach \u2212 1 = {before} before and nothing after: no output sees a later input"))):ge(e)&&o.push(n("same",d("{axes}: {word!r} asks for \u2308n / stride\u2309 = \u2308{n} / {stride}\u2309 = {output} outputs, so padding is max((output \u2212 1)\xB7stride + reach \u2212 n, 0) = {total}: {before} before, {after} after"))),o.push(n("size",d("{axes}: output = \u230A(n + before + after \u2212 reach) / stride\u230B + 1 = \u230A({n} + {before} + {after} \u2212 {reach}) / {stride}\u230B + 1 = {output}")));let[r,s]=X(e,t);return s-r===1&&o.push(n("unread-one",d("{axes}: the size is rounded down, so input {first} of {n} is not read"),{first:r})),s-r>1&&o.push(n("unread",d("{axes}: the size is rounded down, so inputs {first} to {last} of {n} are not read"),{first:r,last:s-1})),o}function $n(e,t,n){let o=[];ge(e)&&o.push(n("transposed-word",d("{axes}: {word!r} asks for n\xB7stride = {n}\xB7{stride} = {output} outputs, so {before} are cropped before and {after} after"))),o.push(n("transposed-size",d("{axes}: output = (n \u2212 1)\xB7stride + reach \u2212 before \u2212 after + output_padding = ({n} \u2212 1)\xB7{stride} + {reach} \u2212 {before} \u2212 {after} + {output_padding} = {output}")));let r=Y(e,t,!0);return r.length>1&&o.push(n("transposed-choices",d("{axes}: output_padding chooses among the sizes {sizes}"),{sizes:r.join(", ")})),o}function ke(e,t){let n=ie(e,t),o={C:e.in_channels,K:e.out_channels,groups:e.groups,kernel:e.axes.map(({kernel:i})=>i).join("\xB7"),biases:e.bias?e.out_channels:0,...n,terms:n.connections,full:n.fullWeights,intensity:n.flops/(n.bytes||1),ratio:He(n.ratio)},r=(i,a)=>({code:i,words:R(a,o)}),s=[r("params",d("parameters = K\xB7(C / groups)\xB7kernel + biases = {K}\xB7({C} / {groups})\xB7{kernel} + {biases} = {params:,}")),r("macs",d("multiply-adds (MACs) = N\xB7K\xB7(C / groups)\xB7kernel\xB7positions = {macs:,}, {touched:,} of them on real inputs; FLOPs = 2\xB7MACs = {flops:,}; {bytes:,} bytes in float32, {intensity:.1f} FLOP/byte")),r("rounding",d("every output sums {terms:,} products: summed one by one, its rounding error is at most {terms:,} half-units (float32: 2\u207B\xB2\u2074, float16: 2\u207B\xB9\xB9) times the sum of their absolute values"))];return et(e).every(Boolean)&&n.fullWeights&&s.push(r("sparse",d("a fully-connected layer from the same input to the same output would have {full:,} weights, {ratio:,} times these {weights:,}: a convolution's connections are sparse and shared"))),s}function bn(e,t){let[n]=le([e],t);return n.filter((r,s)=>n.findIndex(i=>kt(i,r))===s).map(r=>{let s=e.axes.filter((c,l)=>kt(n[l],r)).map(({name:c})=>c).join(", "),i={axes:s,size:ae(r),holes:P(r),jump:z(r.jump),start:z(r.start)},a=d("{axes}: receptive field {size} ({holes} of them not seen), neighbouring outputs {jump} apart, the first centred on input {start}");return{code:"field-window",axes:s,words:R(a,i)}})}var kt=(e,t)=>JSON.stringify(e)===JSON.stringify(t);function Ot(e,t,{conv:n,input:o}){if(n.transposed)return h;let r=j(n.axes,o.shape.slice(1)),{axis:s,n:i,names:a}=r.find(l=>l.names===t.along)??r[0],c=yn(s,i,wt(s,i,n.axes.length));return u`<section class="fact conventions">
    <h2>${e.t("Padding conventions")}</h2>
    ${r.length>1?xn(e,r.map(l=>l.names),a):h}
    <table>
      <caption class="unseen">${e.t("{names}: {n} inputs, kernel {kernel}, stride {stride}",{names:a,n:i,kernel:s.kernel,stride:s.stride})}</caption>
      <thead>
        <tr><th>${e.t("convention")}</th><th>${e.t("padding")}</th><th>${e.t("output size")}</th><th>${e.t("first window")}</th></tr>
      </thead>
      <tbody>${c.map(l=>wn(e,l,Mt(s,l)))}</tbody>
    </table>
    ${yt(s,i).map(l=>u`<p class="note">${e.words(l)}</p>`)}
    <p><button class="quiet link" @click=${()=>e.store.change("convolution",{guide:"one-pixel"})}>${e.t("See what one pixel changes")}</button></p>
  </section>`}function wn(e,t,n){let o=u`<th scope="row">${t.name}${n?u` <span class="used">${e.t("in use")}</span>`:h}</th>`;if(t.refused)return u`<tr>${o}<td colspan="3" class="refused">${e.t("refused when stride > 1")}</td></tr>`;let r=t.first.map(s=>String(s).replace("-","\u2212")).join(" \u2026 ");return u`<tr class=${n?"used":""}>${o}<td>${t.pads.join(", ")}</td><td>${t.output}</td><td>${r}</td></tr>`}function Mt({padding:e,stride:t},n){return n.key==="own"?!0:typeof e=="string"?n.key===e||n.key==="torch_same"&&e==="same"&&t===1:["number","valid"].includes(n.key)&&String(n.pads)===String(e)}function yn(e,t,n){if(n.some(m=>Mt(e,m)))return n;let[o,r]=O(e,t),s=N(e,t),i=m=>[m[0],m[m.length-1]],[a,c]=[0,s-1].map(m=>i(Qe(e,m,o))),l=`padding=${o===r?o:`(${o}, ${r})`}`;return[{...n[0],key:"own",name:l,refused:!1,pads:[o,r],output:s,first:a,last:c},...n]}function xn(e,t,n){return u`<p class="choice" role="group" aria-label=${e.t("Axis")}>
    ${t.map(o=>u`<button aria-pressed=${o===n} @click=${()=>e.store.change("convolution",{along:o})}>${o}</button>`)}
  </p>`}function de(e,t,n,{key:o,name:r,shown:s}){let i=`${n} ${o}`,a=t.opened===i;return u`<button class="figure" aria-expanded=${a} aria-label="${r} = ${s}" title=${r} @click=${()=>e.store.change("convolution",{opened:a?null:i})}>${s}</button>`}function me(e,t,n){let o=n.find(({key:r})=>e.opened===`${t} ${r}`);return o?u`<div class="origin" role="note">
    <p class="which"><b>${o.name} = ${o.shown}</b></p>
    ${o.why.map(r=>u`<p>${r}</p>`)}
  </div>`:h}function Nt(e,t,{conv:n,input:o}){let{t:r}=e,s=ie(n,o.shape),i=ke(n,o.shape),a=l=>i.filter(m=>m.code===l).map(({words:m})=>e.words(m)),c=(l,m,p,f)=>({key:l,name:m,shown:V(p),why:a(f)});return At(e,t,"cost",r("Cost"),[c("params",r("parameters in all"),s.params,"params"),c("macs",r("multiply-adds (MACs)"),s.macs,"macs"),c("touched",r("of these, on real inputs"),s.touched,"macs"),c("terms",n.transposed?r("products in one output, at most"):r("products in one output"),s.connections,"rounding")])}function _t(e,t,{conv:n,input:o}){let{t:r}=e,[s]=le([n],o.shape),i=St(n,o.shape).filter(({code:l})=>l==="field-window"||l==="reach").map(({words:l})=>e.words(l)),a=l=>s.map(l).join(" \xD7 "),c=(l,m,p)=>({key:l,name:m,shown:p,why:i});return At(e,t,"field",r("Receptive field"),[c("size",r("inputs spanned by one output"),a(ae)),...s.some(P)?[c("holes",r("inputs skipped by the dilation, per axis"),a(P))]:[],c("jump",r("step from one output to the next, in inputs"),a(({jump:l})=>z(l))),c("start",r("centre of the first output's field"),s.map(({start:l})=>z(l)).join(", ").replaceAll("-","\u2212"))])}function At(e,t,n,o,r){return u`<section class="fact">
    <h2>${o}</h2>
    <dl class="figures">${r.map(s=>u`<dt>${s.name}</dt><dd>${de(e,t,n,s)}</dd>`)}</dl>
    ${me(t,n,r)}
  </section>`}function Tt(e,t,{conv:n,input:o}){let r=j(n.axes,o.shape.slice(1)),s=o.shape.join(" \xD7 "),i=[n.out_channels,...n.axes.map((a,c)=>N(a,o.shape[c+1],n.transposed))].join(" \xD7 ");return u`<section class="fact sizes">
    <h2>${e.t("Output size")}</h2>
    <p class="becomes"><span>${s}</span> <span aria-hidden="true">→</span><span class="unseen">${e.t("becomes")}</span> <b>${i}</b></p>
    ${r.map(({axis:a,n:c,names:l})=>vn(e,t,a,c,l,n.transposed))}
  </section>`}function vn(e,t,n,o,r,s){let i=Mn(e,n,o,r,s),a=`size ${r}`,c=l=>de(e,t,a,i.find(m=>m.key===l));return u`<div class="axis">
    <h3>${r}</h3>
    <p class="formula">${s?Sn(c,n):kn(c)}</p>
    <p class="letters">
      ${s?e.t("(n \u2212 1)\xB7stride + reach \u2212 before \u2212 after + output_padding"):e.t("\u230A(n + before + after \u2212 reach) / stride\u230B + 1")}
    </p>
    ${me(t,a,i)} ${xt(e,n,o,r,s)} ${On(e,n,o,r,s)}
  </div>`}var kn=e=>u`⌊(${e("n")}+${e("before")}+${e("after")}−${e("reach")}) / ${e("stride")}⌋ + 1 = ${e("output")}`,Sn=(e,t)=>u`(${e("n")}−1)·${e("stride")}+${e("reach")}−${e("before")}−${e("after")}${t.output_padding?u`+${e("output_padding")}`:h} = ${e("output")}`;function On(e,t,n,o,r){let s=ue(t,n,o,r).filter(({code:l})=>l.startsWith("unread")||l==="transposed-choices"),[i,a]=X(t,n,r),c=a>i?"note lost":"note";return s.map(({words:l})=>u`<p class=${c}>${e.words(l)}</p>`)}function Mn(e,t,n,o,r){let{t:s}=e,[i,a]=O(t,n,r),c=ue(t,n,o,r),l=(...b)=>c.filter(({code:g})=>b.includes(g)).map(({words:g})=>e.words(g)),p=typeof t.padding=="string"?l("same","causal","transposed-word"):[r?s("padding={padding} in the code: how many outputs are cropped before and after",{padding:`(${t.padding})`}):s("padding={padding} in the code: how many elements are added before and after",{padding:`(${t.padding})`})],f=(b,g,y,k)=>({key:b,name:g,shown:String(y),why:k});return[f("n",s("input size n"),n,[s("The input has {n} elements along {names}. Under Picture you choose how finely the picture is sampled.",{n,names:o})]),f("before",s("before"),i,p),f("after",s("after"),a,p),f("reach",s("reach"),J(t),l("reach")),f("stride",s("stride"),t.stride,[r?s("stride={stride} in the code: the distance between the windows of two neighbouring inputs",{stride:t.stride}):s("stride={stride} in the code: the step from one window to the next",{stride:t.stride})]),f("output_padding","output_padding",t.output_padding,[s("It chooses the output size among {sizes}.",{sizes:Y(t,n,r).join(", ")})]),f("output",s("output size"),N(t,n,r),l("size","transposed-size"))]}var Nn=[Tt,_t,Nt,vt,Ot,bt];function Ct(e,t,n){let o=[n.conv,String(n.input.shape),t.opened,t.along,e.store.state.lang];return u`${I(o,()=>Q(n.conv,n.input.shape)?h:Nn.map(s=>s(e,t,n)))}`}var pe=[{name:"sparse",question:d("Who is connected to whom?")},{name:"same",question:d("Is padding=1 the same as 'same'?")},{name:"strided-same",question:d("Why does PyTorch refuse 'same' with a stride?")},{name:"one-pixel",question:d("Same size, different numbers: the one-pixel lie")},{name:"translation",question:d("The picture moves: does the map follow?")},{name:"learned",question:d("What decides a kernel's values?")},{name:"layers",question:d("What does each layer see?")}];function Et(e){let t=Ge(e,()=>import("./convolution-guides-views.mjs")),n=!1;return(o,r)=>{let s=pe.find(({name:m})=>m===o.guide);if(!s)return n=!0,h;let i=t.now();if(!i)return t.view();n&&i.nothingShown(e),n=!1;let{lang:a,theme:c}=e.store.state,l=[o.guide,r.input,r.weight,o.out,o.wire,o.tick,a,c];return I(l,()=>i.VIEWS[s.name](e,o,r,e.t(s.question)))}}var _n=[{name:"convolution.png",label:d("Picture (PNG)"),blob:(e,t,n)=>n("png")},{name:"convolution.svg",label:d("Drawing (SVG)"),blob:(e,t,n)=>n("svg")},{name:"convolution.gif",label:d("Animation (GIF)"),blob:(e,t,n)=>n("gif")},{name:"convolution.html",label:d("This page in one file (HTML)"),blob:e=>En(e)},{name:"convolution.py",label:d("PyTorch code (Python)"),blob:An},{name:"convolution.json",label:d("Numbers and settings (JSON)"),blob:({pictures:e},t)=>Se(In(e,t),"application/json")}];async function An(e,t){let{scriptOf:n}=await e.bring(()=>import("./convolution-script.mjs"));return Se(n(t,A(e.pictures,t)),"text/x-python")}function zt(e,t,n){let{t:o}=e;return u`
    <details class="exports">
      <summary>${o("Export")}</summary>
      <div class="stacked">
        ${_n.map(r=>u`<button @click=${()=>Tn(e,r.name,r.blob(e,t,n))}>${o(r.label)}</button>`)}
        ${e.host.kind==="notebook"?"":u`<button @click=${()=>Cn(e,t)}>${o("Copy the link")}</button>`}
      </div>
      <small>${Ft(e,t)}</small>
    </details>
  `}async function Tn(e,t,n){try{let o=document.createElement("a"),r=URL.createObjectURL(await n);o.href=r,o.download=t,o.click(),setTimeout(()=>URL.revokeObjectURL(r),6e4),e.tell(e.t("saved: {name}",{name:t}))}catch(o){e.refuse(o)}}function Ft({t:e},t){let n=xe(t).length;return n<=ne?e("the link holds all settings, but not your picture"):e("the link holds {most} of the {changed} weights you changed; the JSON holds all",{most:ne,changed:V(n)})}async function Cn(e,t){try{await navigator.clipboard.writeText(location.href),e.tell(xe(t).length>ne?`${e.t("the link is copied")}: ${Ft(e,t)}`:e.t("the link is copied"))}catch{e.tell(location.href)}}async function En(e){let t=e.store.state.convolution,n=Fn(t,e.host.kind==="notebook"?"":location.hash.slice(1));if(e.host.kind!=="alone"){let{height:s,width:i,rgb:a}=e.pictures.called(t.picture)??e.pictures.called(M)??{},c={link:n,lang:e.store.state.lang,height:s,width:i},{bytes:l}=await e.host.ask("page.html",c,a?[new Uint8Array(a)]:[]);return new Blob([l[0]],{type:"text/html"})}let o=document.documentElement.cloneNode(!0),r=o.querySelector("#kaiyan-boot");return r.textContent=JSON.stringify({...e.host.boot,link:n}).replaceAll("<","\\u003c"),o.querySelector("#kaiyan")?.replaceChildren(),Se(`<!doctype html>
${o.outerHTML}`,"text/html")}var zn=2e4;function Fn(e,t){let n=new URLSearchParams(t);for(let[o,r]of Object.entries({...lt(e,zn),crop:ct(e.crop)}))n.set(o,r);return String(n)}function In(e,t){let{recipe:n,conv:o,kernel:r,weight:s,bias:i,place:a,out:c,channel:l,side:m,crop:p,shift:f}=t;return`${JSON.stringify({schema:"kaiyan-studio/1",recipe:n,conv:o,kernel:r,weight:s,bias:i,place:a,out:c,channel:l,input:{shape:A(e,t),side:m,crop:p,shift:f}},null,2)}
`}var Se=(e,t)=>new Blob([e],{type:t});var Oe=class extends ee{update({element:t},[n]){let o=t;return o.getRootNode().activeElement!==o&&o.value!==n&&(o.value=n),C}render(t){return C}},fe=Z(Oe);var It=d("put spaces between numbers and ';' between rows: '1 0 -1; 2 0 -2; 1 0 -1'");function Rt(e){let{plain:t}=S(e.trim()),{factor:n,inside:o}=Wn(t),s=o.split(/[\n;]+|\]\s*,?\s*\[/).map(m=>m.replace(/[[\](){},，\s]+/g," ").trim()).filter(Boolean).map(m=>m.split(" ")),i=s.map(m=>m.map(p=>W(p)*n)),a=s.flat().find(m=>!Number.isFinite(W(m)));if(a!==void 0||!i.length)return Rn(a??e.trim());let c=i.map(m=>m.length);if(new Set(c).size===1)return{rows:i,refused:null};let l={lengths:c.join(", ")};return{rows:null,refused:{error:E(d("the rows have {lengths} numbers; every row must have the same length"),l),ways:[E(It)]}}}var Rn=e=>({rows:null,refused:{error:Ne(e),ways:[E(It)]}}),Ne=e=>E(d("'{word}' is not a number"),{word:Ue(e)});function Lt(e){let t=S(e.trim()).plain.replace(/^([-+]?\d*),(?=\d+$)/,"$1.");return Me.test(t)?[E(d("write {number}"),{number:t})]:[]}function W(e){let{plain:t}=S(e.trim()),[n,o,...r]=t.split("/");return r.length||!Me.test(n)||o!==void 0&&!Me.test(o)?NaN:o===void 0?Number(n):Number(n)/Number(o)}var Me=/^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i,Ln=/^(?:\w+\.)*(?:as_?)?(?:array|tensor|matrix|list|tuple|parameter|(?:float|double|int|long)tensor)\s*\(([^]*)\)$/i,Pn=/,\s*(?:dtype\s*=\s*)?(?:np\.|numpy\.|torch\.)?[a-z]+\d*\s*$/,Dn=/^([-+]?[\d./]+(?:e[-+]?\d+)?)\s*[*×·]?\s*(?=[[({])/i,jn=/([\])}])\s*\/\s*([\d.]+)$/;function Wn(e){let t=1,n=e,o=jn.exec(n);o&&(t/=Number(o[2]),n=n.slice(0,o.index+1));let r=Dn.exec(n);r&&(t*=W(r[1]),n=n.slice(r[0].length));let s=Ln.exec(n);return{factor:t,inside:s?s[1].replace(Pn,""):n}}var _e=3,Pt=5,qn=250,Hn={few:8.3,many:7.6,small:7};function Ae(e,t){let n=e>_e?qn/e:46,o=Hn[e>Pt?"small":e>_e?"many":"few"],r=s=>s.every(i=>Gn(i)*o<=n-2);return[t.map(K),Ke(t)].find(r)??null}var Gn=e=>[...e].reduce((t,n)=>t+(n==="."?.5:n==="\u2212"?1.3:1),0);function Dt(e){let{sizes:[t,n],numbers:o,brush:r,app:s}=e,i=Xe(o,e.theme),a=Ae(n,o),c=l=>Jn(l,e);return u`
    <div
      class="cells ${r===null?"":"painted"} ${n>_e?"many":""} ${n>Pt?"small":""}"
      role="group"
      aria-label=${s.t("Numbers in the kernel")}
      ${$e({"--columns":String(n)})}
      @keydown=${l=>Xn(l,t,n)}
      @pointerdown=${c}
      @pointermove=${c}
    >
      ${o.map((l,m)=>Un(e,l,a?.[m]??"",m,Ye(i,l)))}
    </div>
  `}function Un(e,t,n,o,r){let{sizes:[,s],brush:i,app:a}=e,c=a.t("row {row}, column {column}",{row:Math.floor(o/s),column:o%s}),l=m=>Bn(m.target,t,o,e);return u`<input
    type="text"
    inputmode="decimal"
    autocomplete="off"
    spellcheck="false"
    data-cell=${o}
    aria-label=${c}
    title=${B(t)}
    ?readonly=${i!==null}
    .value=${fe(n)}
    ${$e({background:`rgb(${r})`,color:Je(...r)})}
    @focus=${Kn}
    @blur=${()=>a.store.change("convolution",{})}
    @change=${l}
    @paste=${m=>Vn(m,e)}
  />`}function Kn({target:e}){let t=e;t.readOnly||(t.value=t.title.replaceAll("\u2212","-")),t.select()}function Bn(e,t,n,{change:o,refuse:r}){let s=W(e.value);Number.isFinite(s)?s!==t&&o(n,s):r(e.value)}function Vn(e,{paste:t}){let n=e.clipboardData?.getData("text/plain")??"";/[\s,;，；]/.test(n.trim())&&(e.preventDefault(),t(n))}function Jn(e,{brush:t,numbers:n,change:o}){if(t===null||!(e.buttons&1))return;let r=e.currentTarget.getRootNode(),s=Number(r.elementFromPoint(e.clientX,e.clientY)?.dataset.cell??NaN);e.type==="pointerdown"&&e.target.releasePointerCapture?.(e.pointerId),Number.isInteger(s)&&n[s]!==t&&o(s,t)}function Xn(e,t,n){let o=e.target,r={ArrowUp:-n,ArrowDown:n,Enter:n,ArrowLeft:-1,ArrowRight:1}[e.key],s={ArrowLeft:()=>o.selectionStart===0,ArrowRight:()=>o.selectionEnd===o.value.length}[e.key],i=o.selectionStart===0&&o.selectionEnd===o.value.length;if(!r||s&&!s()&&!i)return;let a=Number(o.dataset.cell)+r;if(a<0||a>=t*n){e.key==="Enter"&&o.blur();return}e.preventDefault(),e.currentTarget.querySelector(`[data-cell="${a}"]`)?.focus()}function jt(e,t,n,o=64){let r=Float64Array.from({length:o},(c,l)=>Math.cos(2*Math.PI*l/o)),s=Float64Array.from({length:o},(c,l)=>Math.sin(2*Math.PI*l/o)),i=o/2,a=new Float64Array(o*o);for(let c=-i;c<i;c++)for(let l=-i;l<i;l++){let[m,p]=[0,0];for(let f=0;f<t;f++)for(let b=0;b<n;b++){let g=((c*f+l*b)%o+o)%o;m+=e[f*n+b]*r[g],p-=e[f*n+b]*s[g]}a[(c+i)*o+l+i]=Math.hypot(m,p)}return a}var $=64,Yn=.38,Qn=.45,Zn=.05,eo=.33,to=.5;function qt(e,[t,n],o=!1){let r=jt(e,t,n,$),s=o?r.subarray($/2*$,($/2+1)*$):r;return{strengths:r,most:Math.max(...r),kind:no(s)}}var x={none:d("lets nothing through"),all:d("lets all frequencies through alike"),low:d("keeps slow changes: a blur (low-pass)"),smear:d("blurs along one direction and keeps the other: a smear"),high:d("keeps fast changes: edges and noise (high-pass)"),band:d("keeps what lies between: edges, but not the finest detail (band-pass)"),mixed:d("keeps something of everything, the most of what lies between"),raised:d("keeps everything and strengthens fine detail: sharpens")};function no(e){let t=Math.max(...e);if(!t)return x.none;let n=Math.min(...e)/t,o=e[e.length===$?$/2:$/2*$+$/2]/t,r=e.filter((i,a)=>Wt(a,e.length)>Yn).map(i=>i/t),s=Math.max(...r);return n>.999?x.all:o>.99?s>.99?x.smear:x.low:n>Zn&&s===1?x.raised:n>eo?x.mixed:o>to?x.low:Wt(e.indexOf(t),e.length)<Qn?x.band:x.high}var Wt=(e,t)=>Math.hypot(t===$?0:Math.floor(e/$)-$/2,e%$-$/2)/$;function Ht(e,t,n){let o=e.getContext("2d"),r=o.createImageData($,$);t.forEach((s,i)=>{let a=Ve(s,0,n);r.data.set(Be.subarray(4*a,4*a+4),4*i)}),o.putImageData(r,0,0)}var Gt=({sizes:e,numbers:t})=>({sizes:e,numbers:[...t].reverse()});function Te({sizes:[e,t],numbers:n}){let o=Array.from({length:e*t},(r,s)=>n[s%e*t+Math.floor(s/e)]);return{sizes:[t,e],numbers:o}}function Ut(e){let{sizes:t,numbers:n}=Te(e),[,o]=t;return{sizes:t,numbers:n.map((r,s)=>n[s-s%o+(o-1-s%o)])}}function Kt(e){let t=e.reduce((r,s)=>r+s,0),n=e.reduce((r,s)=>r+Math.abs(s),0),o=Math.abs(t)>1e-9*n?t:n;return o?e.map(r=>r/o):e}var ze=9;function Bt(e){let t={brush:null,together:!0,depth:null,refused:null,ways:[]},n=o=>{Object.assign(t,o),e.store.change(null,{})};return o=>{let r=he(o,t.depth),s=ro(e,t,n);return u`
      <div class="kernel-editor">
        ${io(e,o,t.together)} ${ao(e,o,t,n)}
        <div class="kernel-views">
          ${Math.max(...r.sizes)<=ze?Dt({...s,app:e,theme:oo(e),...r,brush:t.brush}):h}
          ${lo(e,r)}
          ${I([o.weight,...r.sizes,o.out,o.channel,r.depth,o.conv.axes.length,e.store.state.lang],()=>co(e,r,o.conv.axes.length===1))}
        </div>
        ${t.refused?u`<p class="wrong" role="alert">${e.words(t.refused)}${t.ways.map(i=>u`<small>${e.words(i)}</small>`)}</p>`:h}
        ${uo(e,t,n)} ${mo(e,r,s)} ${po(e,r,s)}
      </div>
    `}}var oo=({root:e})=>tt(e).theme;function he({conv:e,out:t,channel:n,weight:o},r){let s=nt(e),[i,a]=s.length===1?[1,s[0]]:s.slice(-2),c=s.length===3?Math.min(r??s[0]>>1,s[0]-1):0,l=ye(e,t,n%te(e))+c*i*a;return{sizes:[i,a],numbers:o.slice(l,l+i*a),depth:c}}function ro(e,t,n){let o=()=>{let i=e.store.state.convolution;return{slice:i,face:he(i,t.depth)}},r=i=>{n({refused:null,ways:[]}),e.store.change("convolution",i)},s=i=>{let{slice:a,face:c}=o();r(oe(a,Ee(a,c,i),t.together))};return{whole:s,refuse:i=>n({refused:Ne(i),ways:Lt(i)}),change:(i,a)=>s(o().face.numbers.map((c,l)=>l===i?a:c)),paste:i=>{let{rows:a,refused:c}=Rt(i);return a?r(so(o().slice,o().face,a,t.together)):n({refused:c.error,ways:c.ways}),a!==null}}}function Ee({conv:e,out:t,channel:n,weight:o},{depth:r,numbers:s},i){let a=ye(e,t,n%te(e)),c=o.slice(a,a+ot(e));return c.splice(r*s.length,s.length,...i),c}function so(e,t,n,o){let r=[n.length,n[0].length];if(String(r)===String(t.sizes))return oe(e,Ee(e,t,n.flat()),o);let{axes:s}=e.conv,i=s.length===1?[n.flat().length]:r,a=s.map((m,p)=>({...m,kernel:i[p-s.length+i.length]??m.kernel})),c=F(e,{...e.conv,axes:a});if(c.error)return c;let l={...e,...c};return{...c,...oe(l,Ee(l,he(l,t.depth),n.flat()),o)}}function io(e,t,n){let{t:o}=e,r=i=>{let a=i.target.value;a!=="own"&&e.store.change("convolution",mt(t,a,n))},s=be.find(({name:i})=>i===t.kernel);return u`
    <label class="field">
      <span>${o("Kernel")}</span>
      <select @change=${r}>
        ${t.kernel==="own"||!s?u`<option value="own" selected>${t.kernel==="own"?o("your own numbers"):t.kernel}</option>`:h}
        ${be.map(({name:i,does:a})=>u`<option value=${i} ?selected=${i===t.kernel}>${i===t.kernel?i:`${i}: ${o(a)}`}</option>`)}
      </select>
      ${s?u`<small>${o(s.does)}</small>`:h}
    </label>
  `}function ao(e,t,n,o){let{t:r}=e,{conv:s,out:i}=t,a=te(s),c=s.axes.length===3?s.axes[0].kernel:1,l=we(s,i),m=p=>e.store.change("convolution",p);return s.out_channels===1&&a===1&&c===1?h:u`
    <div class="slices">
      ${Ce(r("Output channel"),i,0,s.out_channels,p=>m({out:p,channel:we(s,p)+ve(t)}))}
      ${Ce(r("Input channel"),l+ve(t),l,a,p=>m({channel:p}))}
      ${Ce(r("Depth"),he(t,n.depth).depth,0,c,p=>o({depth:p}))}
      ${a>1?u`<label class="check">
            <input type="checkbox" .checked=${n.together} @change=${()=>o({together:!n.together})} />
            ${r("change all {n} input channels together",{n:a})}
          </label>`:h}
    </div>
  `}function Ce(e,t,n,o,r){return o<2?h:u`
    <label class="field">
      <span>${e}</span>
      <select @change=${i=>r(Number(i.target.value))}>
        ${Array.from({length:o},(i,a)=>u`<option value=${n+a} ?selected=${n+a===t}>${n+a}</option>`)}
      </select>
    </label>
  `}function lo({t:e},{sizes:t,numbers:n}){if(Math.max(...t)>ze)return u`<small>${e("Too many for fields: the numbers stand under \u201CEdit as text\u201D.")}</small>`;let o=Ae(t[1],n);return o?o.some((r,s)=>r!==K(n[s]))?u`<small>${e("Rounded to fit: go into a field to see every digit.")}</small>`:h:u`<small>${e("The fields are too narrow for these numbers: point at one, or go into it, to read it.")}</small>`}function co(e,{numbers:t,sizes:n},o){let{t:r}=e,{strengths:s,most:i,kind:a}=qt(t,n,o),c=l=>l&&Ht(l,s,i);return u`
    <figure class="spectrum">
      <canvas width=${$} height=${$} role="img" aria-label=${`${r("Frequency response")}: ${r(a)}`} ${D(c)}></canvas>
      <figcaption><span class="term" title=${r("how strongly the kernel lets each frequency through: low ones in the middle, high ones at the edge")} tabindex="0">${r("Frequency response")}</span></figcaption>
    </figure>
    <p class="kind">${r(a)}</p>
  `}function uo({t:e},t,n){let o=(r,s)=>u`<button class="small" aria-pressed=${t.brush===r} @click=${()=>n({brush:r})}>${s}</button>`;return u`
    <div class="row" role="group" aria-label=${e("Dragging over the cells")}>
      ${o(null,e("Type"))} ${o(1,e("Paint {value}",{value:"+1"}))} ${o(0,e("Paint {value}",{value:"0"}))}
      ${o(-1,e("Paint {value}",{value:"\u22121"}))}
    </div>
  `}function mo({t:e},t,n){let o=(a,c)=>u`<button class="small" @click=${c}>${a}</button>`,r=({sizes:[,a],numbers:c})=>n.paste(Vt(c,a)),s=st(Math.floor(Math.random()*1e9)),i=()=>n.whole(t.numbers.map(()=>Math.round(100*it(s))/100));return u`
    <div class="row" role="group" aria-label=${e("Change all numbers")}>
      ${o(e("Normalise"),()=>n.whole(Kt(t.numbers)))} ${o(e("Flip"),()=>n.whole(Gt(t).numbers))}
      ${t.sizes[0]>1?u`${o(e("Rotate"),()=>r(Ut(t)))} ${o(e("Transpose"),()=>r(Te(t)))}`:h}
      ${o(e("Randomise"),i)} ${o(e("Set to 0"),()=>n.whole(t.numbers.map(()=>0)))}
    </div>
  `}function po({t:e},{numbers:t,sizes:n},o){let r=s=>o.paste(s.target.value);return u`
    <details class="rows" ?open=${Math.max(...n)>ze}>
      <summary>${e("Edit as text")}</summary>
      <textarea rows="4" spellcheck="false" aria-label=${e("Edit as text")} .value=${Vt(t,n[1])} @change=${r}></textarea>
      <small>${e("the kernel takes the size of what you type")}</small>
    </details>
  `}function Vt(e,t){let n=e.map(o=>B(o).replaceAll("\u2212","-"));return Array.from({length:e.length/t},(o,r)=>n.slice(r*t,(r+1)*t).join(" ")).join(`
`)}var Jt=128;function Xt(e,t,n){let o={...n,crop:null,shift:[0,0],side:Math.min(Jt,De(n.picture)?n.side:Jt)},r=t.sample(o);if(!r)return;let{height:s,width:i,planes:a}=r,c=`${n.picture} ${s} ${n.crop}`;if(e.dataset.drawn===c)return;e.dataset.drawn=c,Object.assign(e,{height:s,width:i});let l=e.getContext("2d"),m=l.createImageData(i,s);for(let p=0;p<s*i;p++)m.data.set([a[0][p],a[1][p],a[2][p],255],p*4);l.putImageData(m,0,0)}function Yt(e,{picture:t,crop:n,side:o}){let r=e.called(t);if(!r||!n)return null;let{top:s,left:i,size:a}=qe(r,{crop:n,side:o});return{top:s/r.height,left:i/r.width,height:a/r.height,width:a/r.width}}function q(e,{picture:t,crop:n},o,r,s=n?.[2]??.5){let{height:i,width:a}=e.called(t)??{height:1,width:1},c=m=>s*Math.min(i,a)/m/2,l=(m,p)=>Math.min(Math.max(m,c(p)),1-c(p));return[l(o,i),l(r,a),s].map(m=>Number(m.toFixed(4)))}async function Qt(e){try{if(!navigator.mediaDevices?.getUserMedia)throw new DOMException("","NotFoundError");let t=await navigator.mediaDevices.getUserMedia({video:{width:{ideal:1024}},audio:!1}),n=document.createElement("video");return Object.assign(n,{srcObject:t,muted:!0,playsInline:!0}),await n.play(),{video:n,close:()=>t.getTracks().forEach(r=>r.stop()),take:()=>se(e,e.pictures.hold({title:e.t("the camera"),...ht(n)}))}}catch(t){return e.refuse(fo(t instanceof DOMException?t.name:"")),null}}function fo(e){return e==="NotAllowedError"||e==="SecurityError"?new re({en:"the browser was not allowed to use the camera",zh:"\u6D4F\u89C8\u5668\u6CA1\u6709\u83B7\u51C6\u4F7F\u7528\u6444\u50CF\u5934"},[{en:"allow it with the camera icon in the address bar, or open a file",zh:"\u5728\u5730\u5740\u680F\u7684\u6444\u50CF\u5934\u56FE\u6807\u5904\u5141\u8BB8\uFF0C\u6216\u6253\u5F00\u4E00\u4E2A\u6587\u4EF6"}]):e==="NotReadableError"?new re({en:"the camera is in use by another program",zh:"\u6444\u50CF\u5934\u6B63\u88AB\u522B\u7684\u7A0B\u5E8F\u5360\u7528"}):new re({en:"there is no camera that the browser can reach",zh:"\u6D4F\u89C8\u5668\u627E\u4E0D\u5230\u6444\u50CF\u5934"},[{en:"open a file, or paste a picture",zh:"\u6253\u5F00\u4E00\u4E2A\u6587\u4EF6\uFF0C\u6216\u7C98\u8D34\u4E00\u5F20\u56FE\u7247"}])}var ho=[16,24,32,48,64,96,128,192,256];function Zt(e){let{t,store:n}=e,o=c=>n.change("convolution",c),r=null,s=()=>{r?.close(),r=null,o({})},i=c=>{let l=c.target;l.files?.[0]&&gt(e,l.files[0],l.files[0].name),l.value=""};return{view:c=>u`
    <div class="picture">
      ${go(e,c)}
      <div class="look">
        ${bo(e,c)}
        <div class="sizes">
          <label>${t("Pixels")}
            <select .value=${w(String(c.side))} @change=${l=>o({side:Number(l.target.value)})}>
              ${[...new Set([...ho,c.side])].sort((l,m)=>l-m).map(l=>u`<option value=${l} ?selected=${l===c.side}>${l}</option>`)}
            </select>
          </label>
          ${e.pictures.called(c.picture)?wo(e,c):h}
        </div>
      </div>
      <div class="sources">
        <label class="button">${t("Open a picture")}<input class="unseen" type="file" accept="image/*" @change=${i} /></label>
        <button @click=${async()=>{r=await Qt(e),o({})}}>${t("Camera")}</button>
        <small>${t("or drop or paste one anywhere")}</small>
      </div>
      ${r?yo(e,r,s):h}
    </div>
  `,close:()=>r?.close()}}function go(e,t){let{t:n}=e,o=i=>{let a=i.target.value;U.some(l=>l.name===a)?e.store.change("convolution",{picture:a,crop:null,shift:[0,0],side:Math.min(t.side,32)}):se(e,a)},r=(i,a)=>u`<option value=${i} ?selected=${i===t.picture}>${a}</option>`,s=U.find(({name:i})=>i===t.picture);return u`
    <select aria-label=${n("Picture")} .value=${w(t.picture)} @change=${o}>
      ${r(M,$o(e))}
      ${e.pictures.own().map(({name:i,title:a})=>r(i,a))}
      <optgroup label=${n("Test patterns")}>${U.map(({name:i,title:a})=>r(i,n(a)))}</optgroup>
    </select>
    ${s?u`<small>${n(s.does)}</small>`:h}
  `}function $o({t:e,host:t}){let{name:n}=t.boot;return n===void 0||n==="astronaut"?e("the photograph"):n}function bo(e,t){let n=l=>e.store.change("convolution",{crop:l,shift:[0,0]}),o=Yt(e.pictures,t),r=l=>{if(!(!l||!o))for(let[m,p]of Object.entries(o))l.style.setProperty(m,`${100*p}%`)},s=l=>{let m=l.currentTarget.getBoundingClientRect();n(q(e.pictures,t,(l.clientY-m.top)/m.height,(l.clientX-m.left)/m.width))},i=l=>{if(!o||l.button)return;l.currentTarget.setPointerCapture(l.pointerId),s(l)},a=l=>l.currentTarget.hasPointerCapture(l.pointerId)&&s(l),c=l=>{let m={ArrowUp:[-1,0],ArrowDown:[1,0],ArrowLeft:[0,-1],ArrowRight:[0,1]}[l.key];if(!m||!t.crop)return;l.preventDefault(),l.stopPropagation();let p=l.shiftKey?.1:.01;n(q(e.pictures,t,t.crop[0]+m[0]*p,t.crop[1]+m[1]*p))};return u`
    <div class="thumbnail" role="group" tabindex=${o?0:-1} aria-label=${e.t(o?"The part in use: arrow keys move it":"The picture")}
      @pointerdown=${i} @pointermove=${a} @keydown=${c}>
      <canvas aria-hidden="true" ${D(l=>l&&Xt(l,e.pictures,t))}></canvas>
      ${o?u`<span class="frame" ${D(r)}></span>`:h}
    </div>
  `}function wo(e,t){let{t:n}=e,o=c=>e.store.change("convolution",{crop:c,shift:[0,0]}),[r,s,i]=t.crop??[.5,.5,1],a=c=>o(q(e.pictures,t,r,s,Number(c.target.value)));return u`
    <label class="whole"><input type="checkbox" .checked=${w(!t.crop)} @change=${()=>o(t.crop?null:q(e.pictures,t,r,s,.5))} />${n("Whole picture")}</label>
    <input type="range" min="0.04" max="1" step="0.01" ?disabled=${!t.crop} aria-label=${n("How large a part")} .value=${w(String(i))} @input=${a} />
  `}function yo(e,t,n){let o=()=>{t.take(),n()};return u`<div class="camera">${t.video}<button @click=${o}>${e.t("Take this frame")}</button><button class="quiet" @click=${n}>${e.t("Close the camera")}</button></div>`}var xo=[d("Filters"),d("Layers"),d("Ideas")],en={picture:"letter",side:16,crop:null},Fe=[{name:"sobel",group:"Filters",title:d("Sobel: vertical edges"),line:"nn.Conv2d(1, 1, 3, padding=1)",kernel:"sobel-x"},{name:"laplacian",group:"Filters",title:d("Edges in all directions"),line:"nn.Conv2d(1, 1, 3, padding=1)",kernel:"laplacian-8"},{name:"blur",group:"Filters",title:d("Blur"),line:"nn.Conv2d(1, 1, 5, padding=2)",kernel:"gaussian"},{name:"sharpen",group:"Filters",title:d("Sharpen"),line:"nn.Conv2d(1, 1, 3, padding=1)",kernel:"sharpen"},{name:"identity",group:"Filters",title:d("Identity: nothing changes"),line:"nn.Conv2d(1, 1, 3, padding=1)",kernel:"identity"},{name:"colour",group:"Layers",title:d("Colour in, eight maps out"),line:"nn.Conv2d(3, 8, 3, padding=1)",kernel:"sobel-x"},{name:"pointwise",group:"Layers",title:d("1 \xD7 1: mixes channels"),line:"nn.Conv2d(3, 3, 1)",kernel:"identity"},{name:"grouped",group:"Layers",title:d("Grouped: two halves"),line:"nn.Conv2d(4, 8, 3, padding=1, groups=2)",kernel:"sobel-x"},{name:"depthwise",group:"Layers",title:d("Depthwise: one per channel"),line:"nn.Conv2d(3, 3, 3, padding=1, groups=3)",kernel:"sobel-x"},{name:"stem",group:"Layers",title:d("ResNet stem: 7 \xD7 7, stride 2"),line:"nn.Conv2d(3, 64, 7, stride=2, padding=3, bias=False)",kernel:"gabor"},{name:"patchify",group:"Layers",title:d("Patchify: 4 \xD7 4, stride 4"),line:"nn.Conv2d(3, 16, 4, stride=4)",kernel:"box"},{name:"strided",group:"Ideas",title:d("'same' at stride 2"),line:"kaiyan.nn.Conv2d(1, 1, 3, stride=2, padding='same')",kernel:"sobel-x"},{name:"dilated",group:"Ideas",title:d("Dilated (\xE0 trous)"),line:"nn.Conv2d(1, 1, 3, padding=2, dilation=2)",kernel:"laplacian"},{name:"causal",group:"Ideas",title:d("Causal: sees no future"),line:"kaiyan.nn.Conv1d(1, 1, 3, padding='causal')",kernel:"box"},{name:"mirrored",group:"Ideas",title:d("Mirrored edges"),line:"nn.Conv2d(1, 1, 9, padding=4, padding_mode='reflect')",kernel:"box"},{name:"checkerboard",group:"Ideas",title:d("Transposed: a checkerboard"),line:"nn.ConvTranspose2d(1, 1, 3, stride=2, padding=1, output_padding=1)",kernel:"box",changes:{...en,view:"scatter"}},{name:"smooth",group:"Ideas",title:d("Transposed: no checkerboard"),line:"nn.ConvTranspose2d(1, 1, 4, stride=2, padding=1)",kernel:"box",changes:{...en,view:"scatter"}},{name:"turned",group:"Ideas",title:d("The kernel, turned by 180\xB0"),line:"nn.Conv2d(1, 1, 5, padding=2)",kernel:"emboss",changes:{picture:"dot",side:16,crop:null}},{name:"frames",group:"Ideas",title:d("3-D: across video frames"),line:"nn.Conv3d(1, 1, 3, padding=1)",kernel:"gaussian",changes:{side:32}}];function vo(e,{line:t,kernel:n,changes:o}){let r=L(t).conv,s=e.picture.startsWith("own-")?{}:{picture:M,crop:e.picture===M?e.crop:We};return{...dt(e,r),...s,conv:r,recipe:_(r),error:null,kernel:n,base:n,weight:rt(r,n),bias:ut(r),out:0,channel:0,place:r.axes.map(()=>0),shift:[0,0],side:Math.max(e.side,at.side),zoom:1,...o}}function ko({recipe:e,kernel:t,picture:n,error:o}){if(!o)return Fe.find(r=>{let s=L(r.line).conv;return r.kernel===t&&_(s)===e&&(r.changes?.picture??n)===n})}function tn(e,t){let n=ko(t),o=r=>{let s=r.target,i=Fe.find(({name:a})=>a===s.value);i&&(e.store.change("convolution",vo(t,i)),e.tell(e.t(i.title)))};return u`
    <label class="field presets-field">
    <span>${e.t("Start from")}</span>
    <select class="presets" .value=${w(n?.name??"")} @change=${o}>
      <option value="" ?hidden=${n!==void 0} ?selected=${n===void 0}>${e.t("a layer of your own")}</option>
      ${xo.map(r=>u`
        <optgroup label=${e.t(r)}>
          ${Fe.filter(s=>s.group===r).map(({name:s,title:i})=>u`<option value=${s} ?selected=${s===n?.name}>${e.t(i)}</option>`)}
        </optgroup>
      `)}
    </select>
    </label>
  `}var So={"kernel size":d("How many elements the kernel reads along each axis."),stride:d("How far the window moves from one output to the next. A stride of 2 halves the output size."),padding:d("Elements added around the picture, so that the window can stand at its edge."),"padding mode":d("What fills the padding: zeros, a constant, or pixels of the picture itself: mirrored, repeated from the edge, or wrapped around."),dilation:d("The distance between the elements that the kernel reads. A dilation of 2 skips every other one."),groups:d("How many separate groups the channels are divided into. As many groups as input channels is a depthwise convolution."),"input channels":d("How many numbers the input has at each position: 1 for grey, 3 for colour."),"output channels":d("How many kernels there are; each makes one feature map."),"output padding":d("Rows and columns added at the end of a transposed convolution's output, because several output sizes are possible."),bias:d("One number per output channel, added to every sum."),kind:d("A convolution sums a window into one number; a transposed convolution spreads one number over a window.")};function Ie({t:e},t){let n=So[t];return n?u`<span class="term explained" tabindex="0" @keydown=${r=>{if(r.key!=="Escape")return;r.stopPropagation(),r.currentTarget.blur()}}>${e(t)}<span class="gloss" role="note">${e(n)}</span></span>`:u`${e(t)}`}function rn(e){let t=S(e).plain.trim();return/^-?\d{1,9}$/.test(t)?Number(t):NaN}var nn=new WeakMap,Re=e=>nn.get(e)??nn.set(e,new Map).get(e)??new Map;function T(e,{key:t,label:n,value:o,set:r,least:s,most:i=2**31}){let a=Re(e).get(t),c=p=>{Re(e).delete(t),r(Math.min(Math.max(p,s),i))},l=p=>{let f=rn(p);if(f>=s&&f<=i)return c(f);Re(e).set(t,p),e.store.change("convolution",{})},m=p=>{let f={ArrowUp:1,ArrowDown:-1}[p.key];f&&(p.preventDefault(),c(o+f))};return u`
    <span class="stepper">
      <button tabindex="-1" aria-label=${e.t("{field}: one less",{field:n})} ?disabled=${o<=s} @click=${()=>c(o-1)}>−</button>
      <input
        inputmode="numeric"
        autocomplete="off"
        aria-label=${n}
        aria-invalid=${a===void 0?"false":"true"}
        .value=${w(a??String(o))}
        @input=${p=>p.isComposing||l(p.target.value)}
        @change=${p=>l(p.target.value)}
        @keydown=${m}
      />
      <button tabindex="-1" aria-label=${e.t("{field}: one more",{field:n})} ?disabled=${o>=i} @click=${()=>c(o+1)}>+</button>
    </span>
    ${a===void 0?h:u`<p class="problem" role="alert">${Oo(e,a,s,i)}</p>`}
  `}function Oo({t:e},t,n,o){let r=rn(t);return Number.isNaN(r)?t.trim()?e("{text} is not a whole number",{text:`"${t.trim()}"`}):e("Enter a whole number here."):r<n?e("{n} is too small: {least} or more",{n:r,least:n}):e("{n} is too large: {most} or less",{n:r,most:o})}function v(e,t,n,o,r=""){return u`
    <div class="setting ${r}">
      <span class="label">${e.t(t)===n?u`<code class="same">${Ie(e,t)}</code>`:u`${Ie(e,t)} <code>${n}</code>`}</span>
      <span class="control">${o}</span>
    </div>
  `}var Mo={kernel:[d("kernel size"),1],stride:[d("stride"),1],dilation:[d("dilation"),1],output_padding:[d("output padding"),0]},No={kernel:"kernel_size"},on=new WeakMap;function H(e,t,n,o){let[r,s]=Mo[n],i=on.get(e)??new Set;on.set(e,i);let a=t.axes.map(g=>g[n]),c=a.length===1||!i.has(n)&&new Set(a).size===1,l=(g,y=-1)=>o({...t,axes:t.axes.map((k,fn)=>y<0||fn===y?{...k,[n]:g}:k)}),m=()=>{i.delete(n)?l(a[0]):i.add(n),e.store.change("convolution",{})},p=c?T(e,{key:n,label:e.t(r),value:a[0],least:s,set:g=>l(g)}):t.axes.map(({name:g},y)=>u`<span class="axis"><code>${g}</code>${T(e,{key:`${n}-${g}`,label:`${e.t(r)} ${g}`,value:a[y],least:s,set:k=>l(k,y)})}</span>`),f=t.axes.map(({name:g})=>g),b=a.length===1?h:u`
    <button class="quiet unfold" aria-expanded=${!c} title=${e.t("{field}: one number for each axis",{field:e.t(r)})} @click=${m}>${f.join(c?"=":"\u2260")}</button>`;return v(e,r,No[n]??n,u`${b}<span class="numbers">${p}</span>`,c?"":"tall")}var Pe=["same","same_lower","valid","causal"],_o=[["number",d("number")],["sides",d("each side")],...Pe.map(e=>[e,`'${e}'`])],Ao=["zeros","constant","reflect","replicate","circular","symmetric"];function sn(e,t,n){let{conv:o}=t,r=Co(o),s=()=>o.axes.map((p,f)=>O(p,A(e.pictures,t)[f+1],o.transposed).map(b=>Math.max(b,0))),i=p=>n({...o,axes:o.axes.map((f,b)=>({...f,padding:p[b]}))}),a=p=>{if(Pe.includes(p))return i(o.axes.map(()=>p));let f=s();if(p==="number")return i(f.map(()=>[f[0][0],f[0][0]]));Le.add(e),i(f.map(([b,g])=>[b,g])),e.store.change("convolution",{})},l=r==="sides"||r==="number"&&Le.has(e)?"sides":r,m=u`
    <select aria-label=${e.t("padding")} .value=${w(l)} @change=${p=>{Le.delete(e),a(p.target.value)}}>
      ${_o.map(([p,f])=>u`<option value=${p} ?selected=${p===l}>${Pe.includes(p)?f:e.t(f)}</option>`)}
      ${r==="mixed"?u`<option value="mixed" selected>${e.t("as in the code")}</option>`:h}
    </select>
    ${l==="number"?T(e,{key:"padding",label:e.t("padding"),value:s()[0][0],least:0,set:p=>i(o.axes.map(()=>[p,p]))}):h}
    ${l==="sides"?To(e,o,s(),i):h}
  `;return v(e,"padding","padding",m,l==="sides"?"tall":"pair")}var Le=new WeakSet;function To(e,t,n,o){let r=(i,a,c)=>o(n.map((l,m)=>l.map((p,f)=>m===i&&f===a?c:p))),s=(i,a)=>{let c=`${t.axes[i].name} ${e.t(a?"after":"before")}`;return T(e,{key:`padding-${i}-${a}`,label:c,value:n[i][a],least:0,set:l=>r(i,a,l)})};return u`
    <span class="sides">
      <span></span><small>${e.t("before")}</small><small>${e.t("after")}</small>
      ${t.axes.map(({name:i},a)=>u`<code>${i}</code><span>${s(a,0)}</span><span>${s(a,1)}</span>`)}
    </span>
  `}function Co({axes:e}){let t=new Set(e.map(({padding:o})=>String(o))),[{padding:n}]=e;return t.size===1&&typeof n=="string"?n:e.some(o=>typeof o.padding=="string")?"mixed":t.size===1&&n[0]===n[1]?"number":"sides"}function an(e,t,n){let[o,r=""]=t.padding_mode.split(/[()]/),s=a=>n({...t,padding_mode:a}),i=a=>{let c=Number(S(a.target.value).plain);Number.isFinite(c)&&s(`constant(${c})`)};return v(e,"padding mode","padding_mode",u`
      <select aria-label=${e.t("padding mode")} ?disabled=${t.transposed} .value=${w(o)} @change=${a=>{let{value:c}=a.target;s(c==="constant"?"constant(128)":c)}}>
        ${Ao.map(a=>u`<option value=${a} ?selected=${a===o}>${a}</option>`)}
      </select>
      ${o==="constant"?u`<input class="value" inputmode="decimal" aria-label=${e.t("the constant")} .value=${fe(r)} @change=${i} />`:h}
    `)}var Eo=[1,2,3].flatMap(e=>[`Conv${e}d`,`ConvTranspose${e}d`]).sort(),zo=[["L"],["H","W"],["D","H","W"]],Fo=512;function cn(e,t){let{conv:n}=t,o=r=>e.store.change("convolution",F(e.store.state.convolution,Io(r)));return u`
    <div class="form" role="group" aria-label=${e.t("The layer as a form")}>
      ${H(e,n,"kernel",o)} ${H(e,n,"stride",o)} ${sn(e,t,o)}
      <details class="more">
        <summary>${e.t("Channels, groups and more")}</summary>
        ${Ro(e,n,o)} ${ln(e,n,"in_channels",o)} ${ln(e,n,"out_channels",o)}
        ${Lo(e,n,o)} ${H(e,n,"dilation",o)} ${an(e,n,o)}
        ${n.transposed?H(e,n,"output_padding",o):h} ${Do(e,n,o)}
      </details>
    </div>
  `}function Io(e){let n=un(e).filter(i=>i<=e.groups).at(-1)??1,{transposed:o}=e,r=e.axes.some(({padding:i})=>typeof i=="string"),s=e.axes.map(i=>{let a=o&&!r?Math.max(i.stride,i.dilation)-1:0;return{...i,output_padding:Math.min(i.output_padding,a)}});return{...e,groups:n,axes:s,padding_mode:o?"zeros":e.padding_mode}}function un({in_channels:e,out_channels:t}){let n=Math.min(e,t);return Array.from({length:n},(o,r)=>r+1).filter(o=>e%o===0&&t%o===0)}function Ro(e,t,n){let o=`Conv${t.transposed?"Transpose":""}${t.axes.length}d`,r=s=>{let i=Number(s.at(-2)),a=zo[i-1].map((c,l)=>({...t.axes[Math.max(0,l-i+t.axes.length)]??t.axes[0],name:c}));n({...t,axes:a,transposed:s.includes("Transpose")})};return v(e,"kind",e.t("kind"),u`
    <select aria-label=${e.t("kind")} .value=${w(o)} @change=${s=>r(s.target.value)}>
      ${Eo.map(s=>u`<option ?selected=${s===o}>${s}</option>`)}
    </select>
  `)}function ln(e,t,n,o){let r=n==="in_channels"?d("input channels"):d("output channels"),s=t.groups>1&&t.groups===t.in_channels,i=a=>{let c={...t,[n]:a};s&&t.out_channels===t.in_channels?o({...c,in_channels:a,out_channels:a,groups:a}):o(c)};return v(e,r,n,T(e,{key:n,label:e.t(r),value:t[n],least:1,most:Fo,set:i}))}function Lo(e,t,n){let o=un(t),r=Po(e,t),s=a=>n({...t,groups:o[Number(a.target.value)]}),i=u`
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
    ${o.length===1?u`<small>${e.t("Grouping needs input and output channels with a common divisor, such as 4 and 8.")}</small>`:h}
  `;return v(e,"groups","groups",i,"wide")}function Po({t:e},{groups:t,in_channels:n}){return e(t===1?"not grouped":t===n?"depthwise":"grouped")}function Do(e,t,n){return v(e,"bias","bias",u`
    <input type="checkbox" aria-label=${e.t("bias")} .checked=${w(t.bias)} @change=${o=>n({...t,bias:o.target.checked})} />
  `)}function dn(e,t,n){let o=s=>e.store.change("convolution",s),r=n.ways.map(s=>({way:s,changes:jo(e.pictures,t,s.en)}));return u`
    ${r.map(({way:s,changes:i})=>i?u`<button @click=${()=>o(i)}>${e.words(s)}</button>`:u`<p class="way">${e.words(s)}</p>`)}
    ${t.error?u`<button class="quiet" @click=${()=>o({recipe:_(t.conv),error:null})}>${e.t("Back to the last line that works")}</button>`:""}
  `}function jo(e,t,n){let o=Number(/input of at least (\d+)|input of (\d+) or more/.exec(n)?.slice(1).find(Boolean));if(o)return o<=je?{side:Math.max(o,t.side)}:null;let r=[n,...qo(t.recipe,n)].find(s=>Wo(e,t,s));return r?ce(t,r):null}function Wo(e,t,n){let{conv:o}=L(n);return!o||pt(o)?!1:Q(o,A(e,{...t,conv:o}))===null}function qo(e,t){let[,n,o]=/^([a-z_]+)=(\d+|'[^']*'|\((?:[^()]|\([^()]*\))*\))/.exec(t)??[];return n?[$t(e,n,o)]:[]}function mn(e){let{t,store:n}=e,[o,r]=[`${e.id}-recipe-line`,`${e.id}-recipe-problem`],s=c=>n.change("convolution",c),i=()=>n.state.convolution,a=()=>i().error===null&&s(F(i(),i().conv));return c=>{let l=c.error??ft(e.pictures,c);return u`
      <div class="line">
        <label class="unseen" for=${o}>${t("The layer in PyTorch")}</label>
        <textarea
          id=${o}
          rows="2"
          spellcheck="false"
          autocapitalize="off"
          autocomplete="off"
          aria-invalid=${l?"true":"false"}
          aria-describedby=${l?r:h}
          .value=${w(c.recipe)}
          @input=${m=>s(ce(i(),m.target.value))}
          @keydown=${m=>{m.key!=="Enter"||m.isComposing||(m.preventDefault(),a())}}
          @change=${a}
        ></textarea>
        <div id=${r} class="problem" role="alert" ?hidden=${!l}>
          ${l?[u`<p>${e.words(l.error)}</p>`,dn(e,c,l)]:h}
        </div>
      </div>
    `}}function pn(e,t,n){let o=mn(t),r=Bt(t),s=Zt(t);return{draw(i,a){let{t:c}=t,l=u`
        <h2>${c("Recipe")}</h2>
        ${tn(t,i)} ${o(i)} ${cn(t,i)}
        ${r(i)}
        <h3>${c("Picture")}</h3>
        ${s.view(i)}
        ${a?.note?u`<p class="note">${t.words(a.note)}</p>`:h}
        ${Ho(t,i)}
        ${zt(t,i,n)}
      `;G(l,e)},destroy:s.close}}function Ho(e,t){if(!pe.length)return h;let n=o=>e.store.change("convolution",{guide:t.guide===o?null:o});return u`
    <h3>${e.t("Questions from the lesson")}</h3>
    <ul class="questions">
      ${pe.map(({name:o,question:r})=>u`<li><button class="quiet" aria-pressed=${t.guide===o} @click=${()=>n(o)}>${e.t(r)}</button></li>`)}
    </ul>
  `}function Xi(e,t,n,o){let r=pn(t,e,o),s=Et(e);return{draw(i,a,c){r.draw(i,a),G(u`<div class="explanation">${s(c.slice,c.model)} ${Ct(e,c.slice,c.model)}</div>`,n)},destroy:r.destroy}}export{Xi as createSides};
/*! Bundled license information:

lit-html/directives/guard.js:
  (**
   * @license
   * Copyright 2018 Google LLC
   * SPDX-License-Identifier: BSD-3-Clause
   *)
*/
