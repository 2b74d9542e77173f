import{b as ht,d as gt,f as $t,g as se,i as ie,j as D,k as ae,l as _,m as bt,n as wt}from"./core-code.mjs";import{a as P}from"./..-..-..-main-studio-web-node_modules-lit-html-directives-ref.mjs";import{a as oe}from"./convolution-reading.mjs";import{$a as ft,A as He,B as V,Ca as ee,Da as et,Ea as tt,Fa as $e,G as Ge,Ga as be,H as Ue,Ha as nt,I as Ke,Ia as ot,Ja as rt,K as Be,Ka as st,L as Ve,La as it,Ma as at,N as S,Na as lt,O as N,Oa as ct,P as fe,Pa as te,Q as J,Qa as T,R as X,Ra as ut,S as Je,Sa as ne,Ta as dt,Ua as we,Va as A,X as Xe,Y,Ya as mt,Z as Ye,_a as pt,aa as Qe,ab as re,b as u,d as z,e as h,f as G,g as U,h as Ie,i as O,j as Re,k as Le,l as De,m as d,n as F,oa as Q,pa as Z,q as Pe,qa as he,r as je,sa as w,ua as Ze,v as We,w as M,wa as I,x as K,xa as R,y as qe,ya as L,z as B,za as ge}from"./tabs.mjs";var dn={},E=Q(class extends Z{constructor(){super(...arguments),this.ot=dn}render(e,t){return t()}update(e,[t,n]){if(Array.isArray(t)){if(Array.isArray(this.ot)&&this.ot.length===t.length&&t.every((o,r)=>o===this.ot[r]))return z}else if(this.ot===t)return z;return this.ot=Array.isArray(t)?Array.from(t):t,this.render(t,n)}});function xt(e,t){let n=Xe(e,t),o=t.slice(-e.axes.length),r={spec:Ze(e),input:t,output:n};return[{code:"shapes",words:F(d("{spec}: {input} becomes {output}"),r)},...j(e.axes,o).flatMap(({axis:s,n:i,names:a})=>le(s,i,a,e.transposed)),...ye(e,t),...fn(e,t)]}function j(e,t){let n=new Map;return e.forEach((o,r)=>{let s=JSON.stringify([{...o,name:""},t[r]]),i=n.get(s);i?i.names+=`, ${o.name}`:n.set(s,{axis:o,n:t[r],names:o.name})}),[...n.values()]}function le(e,t,n,o){let[r,s]=S(e,t,o),{kernel:i,stride:a,dilation:c,output_padding:l,padding:m}=e,p={axes:n,n:t,kernel:i,stride:a,dilation:c,reach:V(e),before:r,after:s,total:r+s,output:N(e,t,o),word:m,output_padding:l},f=(g,y,k={})=>({code:g,axes:n,words:F(y,{...p,...k})});return[f("reach",d("{axes}: the kernel reaches dilation\xB7(kernel \u2212 1) + 1 = {dilation}\xB7({kernel} \u2212 1) + 1 = {reach}")),...o?pn(e,t,f):mn(e,t,f)]}function mn(e,t,n){let o=[];e.padding==="causal"?o.push(n("causal",d("{axes}: 'causal' pads reach \u2212 1 = {before} before and nothing after: no output sees a later input"))):fe(e)&&o.push(n("same",d("{axes}: {word!r} asks for \u2308n / stride\u2309 = \u2308{n} / {stride}\u2309 = {output} outputs, so padding is max((output \u2212 1)\xB7stride + reach \u2212 n, 0) = {total}: {before} before, {after} after"))),o.push(n("size",d("{axes}: output = \u230A(n + before + after \u2212 reach) / stride\u230B + 1 = \u230A({n} + {before} + {after} \u2212 {reach}) / {stride}\u230B + 1 = {output}")));let[r,s]=J(e,t);return s-r===1&&o.push(n("unread-one",d("{axes}: the size is rounded down, so input {first} of {n} is not read"),{first:r})),s-r>1&&o.push(n("unread",d("{axes}: the size is rounded down, so inputs {first} to {last} of {n} are not read"),{first:r,last:s-1})),o}function pn(e,t,n){let o=[];fe(e)&&o.push(n("transposed-word",d("{axes}: {word!r} asks for n\xB7stride = {n}\xB7{stride} = {output} outputs, so {before} are cropped before and {after} after"))),o.push(n("transposed-size",d("{axes}: output = (n \u2212 1)\xB7stride + reach \u2212 before \u2212 after + output_padding = ({n} \u2212 1)\xB7{stride} + {reach} \u2212 {before} \u2212 {after} + {output_padding} = {output}")));let r=X(e,t,!0);return r.length>1&&o.push(n("transposed-choices",d("{axes}: output_padding chooses among the sizes {sizes}"),{sizes:r.join(", ")})),o}function ye(e,t){let n=se(e,t),o={C:e.in_channels,K:e.out_channels,groups:e.groups,kernel:e.axes.map(({kernel:i})=>i).join("\xB7"),biases:e.bias?e.out_channels:0,...n,terms:n.connections,full:n.fullWeights,intensity:n.flops/(n.bytes||1),ratio:Pe(n.ratio)},r=(i,a)=>({code:i,words:F(a,o)}),s=[r("params",d("parameters = K\xB7(C / groups)\xB7kernel + biases = {K}\xB7({C} / {groups})\xB7{kernel} + {biases} = {params:,}")),r("macs",d("multiply-adds (MACs) = N\xB7K\xB7(C / groups)\xB7kernel\xB7positions = {macs:,}, {touched:,} of them on real inputs; FLOPs = 2\xB7MACs = {flops:,}; {bytes:,} bytes in float32, {intensity:.1f} FLOP/byte")),r("rounding",d("every output sums {terms:,} products: summed one by one, its rounding error is at most {terms:,} half-units (float32: 2\u207B\xB2\u2074, float16: 2\u207B\xB9\xB9) times the sum of their absolute values"))];return Ye(e).every(Boolean)&&n.fullWeights&&s.push(r("sparse",d("a fully-connected layer from the same input to the same output would have {full:,} weights, {ratio:,} times these {weights:,}: a convolution's connections are sparse and shared"))),s}function fn(e,t){let[n]=ae([e],t);return n.filter((r,s)=>n.findIndex(i=>yt(i,r))===s).map(r=>{let s=e.axes.filter((c,l)=>yt(n[l],r)).map(({name:c})=>c).join(", "),i={axes:s,size:ie(r),holes:D(r),jump:_(r.jump),start:_(r.start)},a=d("{axes}: receptive field {size} ({holes} of them not seen), neighbouring outputs {jump} apart, the first centred on input {start}");return{code:"field-window",axes:s,words:F(a,i)}})}var yt=(e,t)=>JSON.stringify(e)===JSON.stringify(t);function vt(e,t,{conv:n,input:o}){if(n.transposed)return h;let r=j(n.axes,o.shape.slice(1)),{axis:s,n:i,names:a}=r.find(l=>l.names===t.along)??r[0],c=gn(s,i,gt(s,i,n.axes.length));return u`<section class="fact conventions">
    <h2>${e.t("Padding conventions")}</h2>
    ${r.length>1?$n(e,r.map(l=>l.names),a):h}
    <table>
      <caption class="unseen">${e.t("{names}: {n} inputs, kernel {kernel}, stride {stride}",{names:a,n:i,kernel:s.kernel,stride:s.stride})}</caption>
      <thead>
        <tr><th>${e.t("convention")}</th><th>${e.t("padding")}</th><th>${e.t("output size")}</th><th>${e.t("first window")}</th></tr>
      </thead>
      <tbody>${c.map(l=>hn(e,l,kt(s,l)))}</tbody>
    </table>
    ${$t(s,i).map(l=>u`<p class="note">${e.words(l)}</p>`)}
    <p><button class="quiet link" @click=${()=>e.store.change("convolution",{guide:"one-pixel"})}>${e.t("See what one pixel changes")}</button></p>
  </section>`}function hn(e,t,n){let o=u`<th scope="row">${t.name}${n?u` <span class="used">${e.t("in use")}</span>`:h}</th>`;if(t.refused)return u`<tr>${o}<td colspan="3" class="refused">${e.t("refused when stride > 1")}</td></tr>`;let r=t.first.map(s=>String(s).replace("-","\u2212")).join(" \u2026 ");return u`<tr class=${n?"used":""}>${o}<td>${t.pads.join(", ")}</td><td>${t.output}</td><td>${r}</td></tr>`}function kt({padding:e,stride:t},n){return n.key==="own"?!0:typeof e=="string"?n.key===e||n.key==="torch_same"&&e==="same"&&t===1:["number","valid"].includes(n.key)&&String(n.pads)===String(e)}function gn(e,t,n){if(n.some(m=>kt(e,m)))return n;let[o,r]=S(e,t),s=N(e,t),i=m=>[m[0],m[m.length-1]],[a,c]=[0,s-1].map(m=>i(Je(e,m,o))),l=`padding=${o===r?o:`(${o}, ${r})`}`;return[{...n[0],key:"own",name:l,refused:!1,pads:[o,r],output:s,first:a,last:c},...n]}function $n(e,t,n){return u`<p class="choice" role="group" aria-label=${e.t("Axis")}>
    ${t.map(o=>u`<button aria-pressed=${o===n} @click=${()=>e.store.change("convolution",{along:o})}>${o}</button>`)}
  </p>`}function ce(e,t,n,{key:o,name:r,shown:s}){let i=`${n} ${o}`,a=t.opened===i;return u`<button class="figure" aria-expanded=${a} aria-label="${r} = ${s}" title=${r} @click=${()=>e.store.change("convolution",{opened:a?null:i})}>${s}</button>`}function ue(e,t,n){let o=n.find(({key:r})=>e.opened===`${t} ${r}`);return o?u`<div class="origin" role="note">
    <p class="which"><b>${o.name} = ${o.shown}</b></p>
    ${o.why.map(r=>u`<p>${r}</p>`)}
  </div>`:h}function St(e,t,{conv:n,input:o}){let{t:r}=e,s=se(n,o.shape),i=ye(n,o.shape),a=l=>i.filter(m=>m.code===l).map(({words:m})=>e.words(m)),c=(l,m,p,f)=>({key:l,name:m,shown:He(p),why:a(f)});return Mt(e,t,"cost",r("Cost"),[c("params",r("parameters in all"),s.params,"params"),c("macs",r("multiply-adds (MACs)"),s.macs,"macs"),c("touched",r("of these, on real inputs"),s.touched,"macs"),c("terms",n.transposed?r("products in one output, at most"):r("products in one output"),s.connections,"rounding")])}function Ot(e,t,{conv:n,input:o}){let{t:r}=e,[s]=ae([n],o.shape),i=xt(n,o.shape).filter(({code:l})=>l==="field-window"||l==="reach").map(({words:l})=>e.words(l)),a=l=>s.map(l).join(" \xD7 "),c=(l,m,p)=>({key:l,name:m,shown:p,why:i});return Mt(e,t,"field",r("Receptive field"),[c("size",r("inputs spanned by one output"),a(ie)),...s.some(D)?[c("holes",r("inputs skipped by the dilation, per axis"),a(D))]:[],c("jump",r("step from one output to the next, in inputs"),a(({jump:l})=>_(l))),c("start",r("centre of the first output's field"),s.map(({start:l})=>_(l)).join(", ").replaceAll("-","\u2212"))])}function Mt(e,t,n,o,r){return u`<section class="fact">
    <h2>${o}</h2>
    <dl class="figures">${r.map(s=>u`<dt>${s.name}</dt><dd>${ce(e,t,n,s)}</dd>`)}</dl>
    ${ue(t,n,r)}
  </section>`}function Nt(e,t,{conv:n,input:o}){let r=j(n.axes,o.shape.slice(1)),s=o.shape.join(" \xD7 "),i=[n.out_channels,...n.axes.map((a,c)=>N(a,o.shape[c+1],n.transposed))].join(" \xD7 ");return u`<section class="fact sizes">
    <h2>${e.t("Output size")}</h2>
    <p class="becomes"><span>${s}</span> <span aria-hidden="true">→</span><span class="unseen">${e.t("becomes")}</span> <b>${i}</b></p>
    ${r.map(({axis:a,n:c,names:l})=>bn(e,t,a,c,l,n.transposed))}
  </section>`}function bn(e,t,n,o,r,s){let i=vn(e,n,o,r,s),a=`size ${r}`,c=l=>ce(e,t,a,i.find(m=>m.key===l));return u`<div class="axis">
    <h3>${r}</h3>
    <p class="formula">${s?yn(c,n):wn(c)}</p>
    <p class="letters">
      ${s?e.t("(n \u2212 1)\xB7stride + reach \u2212 before \u2212 after + output_padding"):e.t("\u230A(n + before + after \u2212 reach) / stride\u230B + 1")}
    </p>
    ${ue(t,a,i)} ${bt(e,n,o,r,s)} ${xn(e,n,o,r,s)}
  </div>`}var wn=e=>u`⌊(${e("n")}+${e("before")}+${e("after")}−${e("reach")}) / ${e("stride")}⌋ + 1 = ${e("output")}`,yn=(e,t)=>u`(${e("n")}−1)·${e("stride")}+${e("reach")}−${e("before")}−${e("after")}${t.output_padding?u`+${e("output_padding")}`:h} = ${e("output")}`;function xn(e,t,n,o,r){let s=le(t,n,o,r).filter(({code:l})=>l.startsWith("unread")||l==="transposed-choices"),[i,a]=J(t,n,r),c=a>i?"note lost":"note";return s.map(({words:l})=>u`<p class=${c}>${e.words(l)}</p>`)}function vn(e,t,n,o,r){let{t:s}=e,[i,a]=S(t,n,r),c=le(t,n,o,r),l=(...b)=>c.filter(({code:g})=>b.includes(g)).map(({words:g})=>e.words(g)),p=typeof t.padding=="string"?l("same","causal","transposed-word"):[r?s("padding={padding} in the code: how many outputs are cropped before and after",{padding:`(${t.padding})`}):s("padding={padding} in the code: how many elements are added before and after",{padding:`(${t.padding})`})],f=(b,g,y,k)=>({key:b,name:g,shown:String(y),why:k});return[f("n",s("input size n"),n,[s("The input has {n} elements along {names}. Under Picture you choose how finely the picture is sampled.",{n,names:o})]),f("before",s("before"),i,p),f("after",s("after"),a,p),f("reach",s("reach"),V(t),l("reach")),f("stride",s("stride"),t.stride,[r?s("stride={stride} in the code: the distance between the windows of two neighbouring inputs",{stride:t.stride}):s("stride={stride} in the code: the step from one window to the next",{stride:t.stride})]),f("output_padding","output_padding",t.output_padding,[s("It chooses the output size among {sizes}.",{sizes:X(t,n,r).join(", ")})]),f("output",s("output size"),N(t,n,r),l("size","transposed-size"))]}var kn=[Nt,Ot,St,wt,vt,ht];function At(e,t,n){let o=[n.conv,String(n.input.shape),t.opened,t.along,e.store.state.lang];return u`${E(o,()=>Y(n.conv,n.input.shape)?h:kn.map(s=>s(e,t,n)))}`}var de=[{name:"sparse",question:d("Who is connected to whom?")},{name:"same",question:d("Is padding=1 the same as 'same'?")},{name:"strided-same",question:d("Why does PyTorch refuse 'same' with a stride?")},{name:"one-pixel",question:d("Same size, different numbers: the one-pixel lie")},{name:"translation",question:d("The picture moves: does the map follow?")},{name:"learned",question:d("What decides a kernel's values?")},{name:"layers",question:d("What does each layer see?")}];function Ct(e){let t=je(e,()=>import("./convolution-guides-views.mjs")),n=!1;return(o,r)=>{let s=de.find(({name:m})=>m===o.guide);if(!s)return n=!0,h;let i=t.now();if(!i)return t.view();n&&i.nothingShown(e),n=!1;let{lang:a,theme:c}=e.store.state,l=[o.guide,r.input,r.weight,o.out,o.wire,o.tick,a,c];return E(l,()=>i.VIEWS[s.name](e,o,r,e.t(s.question)))}}var Sn=[{name:"convolution.png",label:d("Picture (PNG)"),blob:(e,t,n)=>n("png")},{name:"convolution.svg",label:d("Drawing (SVG)"),blob:(e,t,n)=>n("svg")},{name:"convolution.gif",label:d("Animation (GIF)"),blob:(e,t,n)=>n("gif")},{name:"convolution.html",label:d("This page in one file (HTML)"),blob:e=>An(e)},{name:"convolution.py",label:d("PyTorch code (Python)"),blob:On},{name:"convolution.json",label:d("Numbers and settings (JSON)"),blob:({pictures:e},t)=>xe(zn(e,t),"application/json")}];async function On(e,t){let{scriptOf:n}=await e.bring(()=>import("./convolution-script.mjs"));return xe(n(t,A(e.pictures,t)),"text/x-python")}function zt(e,t,n){let{t:o}=e;return u`
    <details class="exports">
      <summary>${o("Export")}</summary>
      <div class="stacked">
        ${Sn.map(r=>u`<button @click=${()=>Mn(e,r.name,r.blob(e,t,n))}>${o(r.label)}</button>`)}
        ${e.host.kind==="notebook"?"":u`<button @click=${()=>Nn(e)}>${o("Copy the link")}</button>`}
      </div>
      <small>${o("the link holds all settings, but not your picture")}</small>
    </details>
  `}async function Mn(e,t,n){try{let o=document.createElement("a"),r=URL.createObjectURL(await n);o.href=r,o.download=t,o.click(),setTimeout(()=>URL.revokeObjectURL(r),6e4),e.tell(e.t("saved: {name}",{name:t}))}catch(o){e.refuse(o)}}async function Nn(e){try{await navigator.clipboard.writeText(location.href),e.tell(e.t("the link is copied"))}catch{e.tell(location.href)}}async function An(e){let t=e.store.state.convolution,n=Cn(t,e.host.kind==="notebook"?"":location.hash.slice(1));if(e.host.kind!=="alone"){let{height:s,width:i,rgb:a}=e.pictures.called(t.picture)??e.pictures.called(O)??{},c={link:n,lang:e.store.state.lang,height:s,width:i},{bytes:l}=await e.host.ask("page.html",c,a?[new Uint8Array(a)]:[]);return new Blob([l[0]],{type:"text/html"})}let o=document.documentElement.cloneNode(!0),r=o.querySelector("#kaiyan-boot");return r.textContent=JSON.stringify({...e.host.boot,link:n}).replaceAll("<","\\u003c"),o.querySelector("#kaiyan")?.replaceChildren(),xe(`<!doctype html>
${o.outerHTML}`,"text/html")}function Cn(e,t){let n=new URLSearchParams(t);for(let[o,r]of Object.entries({...at(e),crop:lt(e.crop)}))n.set(o,r);return String(n)}function zn(e,t){let{recipe:n,conv:o,kernel:r,weight:s,bias:i,place:a,out:c,channel:l,side:m,crop:p,shift:f}=t;return`${JSON.stringify({schema:"kaiyan-studio/1",recipe:n,conv:o,kernel:r,weight:s,bias:i,place:a,out:c,channel:l,input:{shape:A(e,t),side:m,crop:p,shift:f}},null,2)}
`}var xe=(e,t)=>new Blob([e],{type:t});var ve=class extends Z{update({element:t},[n]){let o=t;return o.getRootNode().activeElement!==o&&o.value!==n&&(o.value=n),z}render(t){return z}},me=Q(ve);var _t=d("put spaces between numbers and ';' between rows: '1 0 -1; 2 0 -2; 1 0 -1'");function Et(e){let{plain:t}=M(e.trim()),{factor:n,inside:o}=Rn(t),s=o.split(/[\n;]+|\]\s*,?\s*\[/).map(m=>m.replace(/[[\](){},，\s]+/g," ").trim()).filter(Boolean).map(m=>m.split(" ")),i=s.map(m=>m.map(p=>W(p)*n)),a=s.flat().find(m=>!Number.isFinite(W(m)));if(a!==void 0||!i.length)return Tn(a??e.trim());let c=i.map(m=>m.length);if(new Set(c).size===1)return{rows:i,refused:null};let l={lengths:c.join(", ")};return{rows:null,refused:{error:L(d("the rows have {lengths} numbers; every row must have the same length"),l),ways:[L(_t)]}}}var Tn=e=>({rows:null,refused:{error:ke(e),ways:[L(_t)]}}),ke=e=>L(d("'{word}' is not a number"),{word:We(e)});function W(e){let{plain:t}=M(e.trim()),[n,o,...r]=t.split("/");return r.length||!Tt.test(n)||o!==void 0&&!Tt.test(o)?NaN:o===void 0?Number(n):Number(n)/Number(o)}var Tt=/^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i,_n=/^(?:\w+\.)*(?:as_?)?(?:array|tensor|matrix|list|tuple|parameter|(?:float|double|int|long)tensor)\s*\(([^]*)\)$/i,En=/,\s*(?:dtype\s*=\s*)?(?:np\.|numpy\.|torch\.)?[a-z]+\d*\s*$/,Fn=/^([-+]?[\d./]+(?:e[-+]?\d+)?)\s*[*×·]?\s*(?=[[({])/i,In=/([\])}])\s*\/\s*([\d.]+)$/;function Rn(e){let t=1,n=e,o=In.exec(n);o&&(t/=Number(o[2]),n=n.slice(0,o.index+1));let r=Fn.exec(n);r&&(t*=W(r[1]),n=n.slice(r[0].length));let s=_n.exec(n);return{factor:t,inside:s?s[1].replace(En,""):n}}var Se=3,Ft=5,Ln=250,Dn={few:8.3,many:7.6,small:7};function Oe(e,t){let n=e>Se?Ln/e:46,o=Dn[e>Ft?"small":e>Se?"many":"few"],r=s=>s.every(i=>Pn(i)*o<=n-2);return[t.map(K),qe(t)].find(r)??null}var Pn=e=>[...e].reduce((t,n)=>t+(n==="."?.5:n==="\u2212"?1.3:1),0);function It(e){let{sizes:[t,n],numbers:o,brush:r,app:s}=e,i=Be(o,e.theme),a=Oe(n,o),c=l=>Gn(l,e);return u`
    <div
      class="cells ${r===null?"":"painted"} ${n>Se?"many":""} ${n>Ft?"small":""}"
      role="group"
      aria-label=${s.t("Numbers in the kernel")}
      ${he({"--columns":String(n)})}
      @keydown=${l=>Un(l,t,n)}
      @pointerdown=${c}
      @pointermove=${c}
    >
      ${o.map((l,m)=>jn(e,l,a?.[m]??"",m,Ve(i,l)))}
    </div>
  `}function jn(e,t,n,o,r){let{sizes:[,s],brush:i,app:a}=e,c=a.t("row {row}, column {column}",{row:Math.floor(o/s),column:o%s}),l=m=>qn(m.target,t,o,e);return u`<input
    type="text"
    inputmode="decimal"
    autocomplete="off"
    spellcheck="false"
    data-cell=${o}
    aria-label=${c}
    title=${B(t)}
    ?readonly=${i!==null}
    .value=${me(n)}
    ${he({background:`rgb(${r})`,color:Ke(...r)})}
    @focus=${Wn}
    @blur=${()=>a.store.change("convolution",{})}
    @change=${l}
    @paste=${m=>Hn(m,e)}
  />`}function Wn({target:e}){let t=e;t.readOnly||(t.value=t.title.replaceAll("\u2212","-")),t.select()}function qn(e,t,n,{change:o,refuse:r,paste:s}){let i=W(e.value);if(Number.isFinite(i))return i===t?void 0:o(n,i);s(e.value)||r(e.value)}function Hn(e,{paste:t}){let n=e.clipboardData?.getData("text/plain")??"";/[\s,;，；]/.test(n.trim())&&(e.preventDefault(),t(n))}function Gn(e,{brush:t,numbers:n,change:o}){if(t===null||!(e.buttons&1))return;let r=e.currentTarget.getRootNode(),s=Number(r.elementFromPoint(e.clientX,e.clientY)?.dataset.cell??NaN);e.type==="pointerdown"&&e.target.releasePointerCapture?.(e.pointerId),Number.isInteger(s)&&n[s]!==t&&o(s,t)}function Un(e,t,n){let o=e.target,r={ArrowUp:-n,ArrowDown:n,Enter:n,ArrowLeft:-1,ArrowRight:1}[e.key],s={ArrowLeft:()=>o.selectionStart===0,ArrowRight:()=>o.selectionEnd===o.value.length}[e.key],i=o.selectionStart===0&&o.selectionEnd===o.value.length;if(!r||s&&!s()&&!i)return;let a=Number(o.dataset.cell)+r;if(a<0||a>=t*n){e.key==="Enter"&&o.blur();return}e.preventDefault(),e.currentTarget.querySelector(`[data-cell="${a}"]`)?.focus()}function Rt(e,t,n,o=64){let r=Float64Array.from({length:o},(c,l)=>Math.cos(2*Math.PI*l/o)),s=Float64Array.from({length:o},(c,l)=>Math.sin(2*Math.PI*l/o)),i=o/2,a=new Float64Array(o*o);for(let c=-i;c<i;c++)for(let l=-i;l<i;l++){let[m,p]=[0,0];for(let f=0;f<t;f++)for(let b=0;b<n;b++){let g=((c*f+l*b)%o+o)%o;m+=e[f*n+b]*r[g],p-=e[f*n+b]*s[g]}a[(c+i)*o+l+i]=Math.hypot(m,p)}return a}var $=64,Kn=.38,Bn=.45,Vn=.05,Jn=.33,Xn=.5;function Dt(e,[t,n],o=!1){let r=Rt(e,t,n,$),s=o?r.subarray($/2*$,($/2+1)*$):r;return{strengths:r,most:Math.max(...r),kind:Yn(s)}}var x={none:d("lets nothing through"),all:d("lets all frequencies through alike"),low:d("keeps slow changes: a blur (low-pass)"),smear:d("blurs along one direction and keeps the other: a smear"),high:d("keeps fast changes: edges and noise (high-pass)"),band:d("keeps what lies between: edges, but not the finest detail (band-pass)"),mixed:d("keeps something of everything, the most of what lies between"),raised:d("keeps everything and strengthens fine detail: sharpens")};function Yn(e){let t=Math.max(...e);if(!t)return x.none;let n=Math.min(...e)/t,o=e[e.length===$?$/2:$/2*$+$/2]/t,r=e.filter((i,a)=>Lt(a,e.length)>Kn).map(i=>i/t),s=Math.max(...r);return n>.999?x.all:o>.99?s>.99?x.smear:x.low:n>Vn&&s===1?x.raised:n>Jn?x.mixed:o>Xn?x.low:Lt(e.indexOf(t),e.length)<Bn?x.band:x.high}var Lt=(e,t)=>Math.hypot(t===$?0:Math.floor(e/$)-$/2,e%$-$/2)/$;function Pt(e,t,n){let o=e.getContext("2d"),r=o.createImageData($,$);t.forEach((s,i)=>{let a=Ue(s,0,n);r.data.set(Ge.subarray(4*a,4*a+4),4*i)}),o.putImageData(r,0,0)}var jt=({sizes:e,numbers:t})=>({sizes:e,numbers:[...t].reverse()});function Me({sizes:[e,t],numbers:n}){let o=Array.from({length:e*t},(r,s)=>n[s%e*t+Math.floor(s/e)]);return{sizes:[t,e],numbers:o}}function Wt(e){let{sizes:t,numbers:n}=Me(e),[,o]=t;return{sizes:t,numbers:n.map((r,s)=>n[s-s%o+(o-1-s%o)])}}function qt(e){let t=e.reduce((r,s)=>r+s,0),n=e.reduce((r,s)=>r+Math.abs(s),0),o=Math.abs(t)>1e-9*n?t:n;return o?e.map(r=>r/o):e}var Ce=9;function Ht(e){let t={brush:null,together:!0,depth:null,refused:null,ways:[]},n=o=>{Object.assign(t,o),e.store.change(null,{})};return o=>{let r=pe(o,t.depth),s=Zn(e,t,n);return u`
      <div class="kernel-editor">
        ${to(e,o,t.together)} ${no(e,o,t,n)}
        <div class="kernel-views">
          ${Math.max(...r.sizes)<=Ce?It({...s,app:e,theme:Qn(e),...r,brush:t.brush}):h}
          ${oo(e,r)}
          ${E([o.weight,...r.sizes,o.out,o.channel,r.depth,o.conv.axes.length,e.store.state.lang],()=>ro(e,r,o.conv.axes.length===1))}
        </div>
        ${t.refused?u`<p class="wrong" role="alert">${e.words(t.refused)}${t.ways.map(i=>u`<small>${e.words(i)}</small>`)}</p>`:h}
        ${so(e,t,n)} ${io(e,r,s)} ${ao(e,r,s)}
      </div>
    `}}var Qn=({root:e})=>Qe(e).theme;function pe({conv:e,out:t,channel:n,weight:o},r){let s=et(e),[i,a]=s.length===1?[1,s[0]]:s.slice(-2),c=s.length===3?Math.min(r??s[0]>>1,s[0]-1):0,l=be(e,t,n%ee(e))+c*i*a;return{sizes:[i,a],numbers:o.slice(l,l+i*a),depth:c}}function Zn(e,t,n){let o=()=>{let i=e.store.state.convolution;return{slice:i,face:pe(i,t.depth)}},r=i=>{n({refused:null,ways:[]}),e.store.change("convolution",i)},s=i=>{let{slice:a,face:c}=o();r(ne(a,Ae(a,c,i),t.together))};return{whole:s,refuse:i=>n({refused:ke(i),ways:[]}),change:(i,a)=>s(o().face.numbers.map((c,l)=>l===i?a:c)),paste:i=>{let{rows:a,refused:c}=Et(i);return a?r(eo(o().slice,o().face,a,t.together)):n({refused:c.error,ways:c.ways}),a!==null}}}function Ae({conv:e,out:t,channel:n,weight:o},{depth:r,numbers:s},i){let a=be(e,t,n%ee(e)),c=o.slice(a,a+tt(e));return c.splice(r*s.length,s.length,...i),c}function eo(e,t,n,o){let r=[n.length,n[0].length];if(String(r)===String(t.sizes))return ne(e,Ae(e,t,n.flat()),o);let{axes:s}=e.conv,i=s.length===1?[n.flat().length]:r,a=s.map((m,p)=>({...m,kernel:i[p-s.length+i.length]??m.kernel})),c=T(e,{...e.conv,axes:a});if(c.error)return c;let l={...e,...c};return{...c,...ne(l,Ae(l,pe(l,t.depth),n.flat()),o)}}function to(e,t,n){let{t:o}=e,r=i=>{let a=i.target.value;a!=="own"&&e.store.change("convolution",dt(t,a,n))},s=ge.find(({name:i})=>i===t.kernel);return u`
    <label class="field">
      <span>${o("Kernel")}</span>
      <select @change=${r}>
        ${t.kernel==="own"||!s?u`<option value="own" selected>${t.kernel==="own"?o("your own numbers"):t.kernel}</option>`:h}
        ${ge.map(({name:i,does:a})=>u`<option value=${i} ?selected=${i===t.kernel}>${i===t.kernel?i:`${i}: ${o(a)}`}</option>`)}
      </select>
      ${s?u`<small>${o(s.does)}</small>`:h}
    </label>
  `}function no(e,t,n,o){let{t:r}=e,{conv:s,out:i}=t,a=ee(s),c=s.axes.length===3?s.axes[0].kernel:1,l=$e(s,i),m=p=>e.store.change("convolution",p);return s.out_channels===1&&a===1&&c===1?h:u`
    <div class="slices">
      ${Ne(r("Output channel"),i,0,s.out_channels,p=>m({out:p,channel:$e(s,p)+we(t)}))}
      ${Ne(r("Input channel"),l+we(t),l,a,p=>m({channel:p}))}
      ${Ne(r("Depth"),pe(t,n.depth).depth,0,c,p=>o({depth:p}))}
      ${a>1?u`<label class="check">
            <input type="checkbox" .checked=${n.together} @change=${()=>o({together:!n.together})} />
            ${r("change all {n} input channels together",{n:a})}
          </label>`:h}
    </div>
  `}function Ne(e,t,n,o,r){return o<2?h:u`
    <label class="field">
      <span>${e}</span>
      <select @change=${i=>r(Number(i.target.value))}>
        ${Array.from({length:o},(i,a)=>u`<option value=${n+a} ?selected=${n+a===t}>${n+a}</option>`)}
      </select>
    </label>
  `}function oo({t:e},{sizes:t,numbers:n}){if(Math.max(...t)>Ce)return u`<small>${e("Too many for fields: the numbers stand under \u201CEdit as text\u201D.")}</small>`;let o=Oe(t[1],n);return o?o.some((r,s)=>r!==K(n[s]))?u`<small>${e("Rounded to fit: go into a field to see every digit.")}</small>`:h:u`<small>${e("The fields are too narrow for these numbers: point at one, or go into it, to read it.")}</small>`}function ro(e,{numbers:t,sizes:n},o){let{t:r}=e,{strengths:s,most:i,kind:a}=Dt(t,n,o),c=l=>l&&Pt(l,s,i);return u`
    <figure class="spectrum">
      <canvas width=${$} height=${$} role="img" aria-label=${`${r("Frequency response")}: ${r(a)}`} ${P(c)}></canvas>
      <figcaption><span class="term" title=${r("how strongly the kernel lets each frequency through: low ones in the middle, high ones at the edge")} tabindex="0">${r("Frequency response")}</span></figcaption>
    </figure>
    <p class="kind">${r(a)}</p>
  `}function so({t:e},t,n){let o=(r,s)=>u`<button class="small" aria-pressed=${t.brush===r} @click=${()=>n({brush:r})}>${s}</button>`;return u`
    <div class="row" role="group" aria-label=${e("Dragging over the cells")}>
      ${o(null,e("Type"))} ${o(1,e("Paint {value}",{value:"+1"}))} ${o(0,e("Paint {value}",{value:"0"}))}
      ${o(-1,e("Paint {value}",{value:"\u22121"}))}
    </div>
  `}function io({t:e},t,n){let o=(a,c)=>u`<button class="small" @click=${c}>${a}</button>`,r=({sizes:[,a],numbers:c})=>n.paste(Gt(c,a)),s=ot(Math.floor(Math.random()*1e9)),i=()=>n.whole(t.numbers.map(()=>Math.round(100*rt(s))/100));return u`
    <div class="row" role="group" aria-label=${e("Change all numbers")}>
      ${o(e("Normalise"),()=>n.whole(qt(t.numbers)))} ${o(e("Flip"),()=>n.whole(jt(t).numbers))}
      ${t.sizes[0]>1?u`${o(e("Rotate"),()=>r(Wt(t)))} ${o(e("Transpose"),()=>r(Me(t)))}`:h}
      ${o(e("Randomise"),i)} ${o(e("Set to 0"),()=>n.whole(t.numbers.map(()=>0)))}
    </div>
  `}function ao({t:e},{numbers:t,sizes:n},o){let r=s=>o.paste(s.target.value);return u`
    <details class="rows" ?open=${Math.max(...n)>Ce}>
      <summary>${e("Edit as text")}</summary>
      <textarea rows="4" spellcheck="false" aria-label=${e("Edit as text")} .value=${Gt(t,n[1])} @change=${r}></textarea>
      <small>${e("the kernel takes the size of what you type")}</small>
    </details>
  `}function Gt(e,t){let n=e.map(o=>B(o).replaceAll("\u2212","-"));return Array.from({length:e.length/t},(o,r)=>n.slice(r*t,(r+1)*t).join(" ")).join(`
`)}var Ut=128;function Kt(e,t,n){let o={...n,crop:null,shift:[0,0],side:Math.min(Ut,Ie(n.picture)?n.side:Ut)},r=t.sample(o);if(!r)return;let{height:s,width:i,planes:a}=r,c=`${n.picture} ${s} ${n.crop}`;if(e.dataset.drawn===c)return;e.dataset.drawn=c,Object.assign(e,{height:s,width:i});let l=e.getContext("2d"),m=l.createImageData(i,s);for(let p=0;p<s*i;p++)m.data.set([a[0][p],a[1][p],a[2][p],255],p*4);l.putImageData(m,0,0)}function Bt(e,{picture:t,crop:n,side:o}){let r=e.called(t);if(!r||!n)return null;let{top:s,left:i,size:a}=De(r,{crop:n,side:o});return{top:s/r.height,left:i/r.width,height:a/r.height,width:a/r.width}}function q(e,{picture:t,crop:n},o,r,s=n?.[2]??.5){let{height:i,width:a}=e.called(t)??{height:1,width:1},c=m=>s*Math.min(i,a)/m/2,l=(m,p)=>Math.min(Math.max(m,c(p)),1-c(p));return[l(o,i),l(r,a),s].map(m=>Number(m.toFixed(4)))}async function Vt(e){try{if(!navigator.mediaDevices?.getUserMedia)throw new DOMException("","NotFoundError");let t=await navigator.mediaDevices.getUserMedia({video:{width:{ideal:1024}},audio:!1}),n=document.createElement("video");return Object.assign(n,{srcObject:t,muted:!0,playsInline:!0}),await n.play(),{video:n,close:()=>t.getTracks().forEach(r=>r.stop()),take:()=>re(e,e.pictures.hold({title:e.t("the camera"),...pt(n)}))}}catch(t){return e.refuse(lo(t instanceof DOMException?t.name:"")),null}}function lo(e){return e==="NotAllowedError"||e==="SecurityError"?new oe({en:"the browser was not allowed to use the camera",zh:"\u6D4F\u89C8\u5668\u6CA1\u6709\u83B7\u51C6\u4F7F\u7528\u6444\u50CF\u5934"},[{en:"allow it with the camera icon in the address bar, or open a file",zh:"\u5728\u5730\u5740\u680F\u7684\u6444\u50CF\u5934\u56FE\u6807\u5904\u5141\u8BB8\uFF0C\u6216\u6253\u5F00\u4E00\u4E2A\u6587\u4EF6"}]):e==="NotReadableError"?new oe({en:"the camera is in use by another program",zh:"\u6444\u50CF\u5934\u6B63\u88AB\u522B\u7684\u7A0B\u5E8F\u5360\u7528"}):new oe({en:"there is no camera that the browser can reach",zh:"\u6D4F\u89C8\u5668\u627E\u4E0D\u5230\u6444\u50CF\u5934"},[{en:"open a file, or paste a picture",zh:"\u6253\u5F00\u4E00\u4E2A\u6587\u4EF6\uFF0C\u6216\u7C98\u8D34\u4E00\u5F20\u56FE\u7247"}])}var co=[16,24,32,48,64,96,128,192,256];function Jt(e){let{t,store:n}=e,o=c=>n.change("convolution",c),r=null,s=()=>{r?.close(),r=null,o({})},i=c=>{let l=c.target;l.files?.[0]&&ft(e,l.files[0],l.files[0].name),l.value=""};return{view:c=>u`
    <div class="picture">
      ${uo(e,c)}
      <div class="look">
        ${po(e,c)}
        <div class="sizes">
          <label>${t("Pixels")}
            <select .value=${w(String(c.side))} @change=${l=>o({side:Number(l.target.value)})}>
              ${[...new Set([...co,c.side])].sort((l,m)=>l-m).map(l=>u`<option value=${l} ?selected=${l===c.side}>${l}</option>`)}
            </select>
          </label>
          ${e.pictures.called(c.picture)?fo(e,c):h}
        </div>
      </div>
      <div class="sources">
        <label class="button">${t("Open a picture")}<input class="unseen" type="file" accept="image/*" @change=${i} /></label>
        <button @click=${async()=>{r=await Vt(e),o({})}}>${t("Camera")}</button>
        <small>${t("or drop or paste one anywhere")}</small>
      </div>
      ${r?ho(e,r,s):h}
    </div>
  `,close:()=>r?.close()}}function uo(e,t){let{t:n}=e,o=i=>{let a=i.target.value;U.some(l=>l.name===a)?e.store.change("convolution",{picture:a,crop:null,shift:[0,0],side:Math.min(t.side,32)}):re(e,a)},r=(i,a)=>u`<option value=${i} ?selected=${i===t.picture}>${a}</option>`,s=U.find(({name:i})=>i===t.picture);return u`
    <select aria-label=${n("Picture")} .value=${w(t.picture)} @change=${o}>
      ${r(O,mo(e))}
      ${e.pictures.own().map(({name:i,title:a})=>r(i,a))}
      <optgroup label=${n("Test patterns")}>${U.map(({name:i,title:a})=>r(i,n(a)))}</optgroup>
    </select>
    ${s?u`<small>${n(s.does)}</small>`:h}
  `}function mo({t:e,host:t}){let{name:n}=t.boot;return n===void 0||n==="astronaut"?e("the photograph"):n}function po(e,t){let n=l=>e.store.change("convolution",{crop:l,shift:[0,0]}),o=Bt(e.pictures,t),r=l=>{if(!(!l||!o))for(let[m,p]of Object.entries(o))l.style.setProperty(m,`${100*p}%`)},s=l=>{let m=l.currentTarget.getBoundingClientRect();n(q(e.pictures,t,(l.clientY-m.top)/m.height,(l.clientX-m.left)/m.width))},i=l=>{if(!o||l.button)return;l.currentTarget.setPointerCapture(l.pointerId),s(l)},a=l=>l.currentTarget.hasPointerCapture(l.pointerId)&&s(l),c=l=>{let m={ArrowUp:[-1,0],ArrowDown:[1,0],ArrowLeft:[0,-1],ArrowRight:[0,1]}[l.key];if(!m||!t.crop)return;l.preventDefault(),l.stopPropagation();let p=l.shiftKey?.1:.01;n(q(e.pictures,t,t.crop[0]+m[0]*p,t.crop[1]+m[1]*p))};return u`
    <div class="thumbnail" role="group" tabindex=${o?0:-1} aria-label=${e.t(o?"The part in use: arrow keys move it":"The picture")}
      @pointerdown=${i} @pointermove=${a} @keydown=${c}>
      <canvas aria-hidden="true" ${P(l=>l&&Kt(l,e.pictures,t))}></canvas>
      ${o?u`<span class="frame" ${P(r)}></span>`:h}
    </div>
  `}function fo(e,t){let{t:n}=e,o=c=>e.store.change("convolution",{crop:c,shift:[0,0]}),[r,s,i]=t.crop??[.5,.5,1],a=c=>o(q(e.pictures,t,r,s,Number(c.target.value)));return u`
    <label class="whole"><input type="checkbox" .checked=${w(!t.crop)} @change=${()=>o(t.crop?null:q(e.pictures,t,r,s,.5))} />${n("Whole picture")}</label>
    <input type="range" min="0.04" max="1" step="0.01" ?disabled=${!t.crop} aria-label=${n("How large a part")} .value=${w(String(i))} @input=${a} />
  `}function ho(e,t,n){let o=()=>{t.take(),n()};return u`<div class="camera">${t.video}<button @click=${o}>${e.t("Take this frame")}</button><button class="quiet" @click=${n}>${e.t("Close the camera")}</button></div>`}var go=[d("Filters"),d("Layers"),d("Ideas")],Xt={picture:"letter",side:16,crop:null},ze=[{name:"sobel",group:"Filters",title:d("Sobel: vertical edges"),line:"nn.Conv2d(1, 1, 3, padding=1)",kernel:"sobel-x"},{name:"laplacian",group:"Filters",title:d("Edges in all directions"),line:"nn.Conv2d(1, 1, 3, padding=1)",kernel:"laplacian-8"},{name:"blur",group:"Filters",title:d("Blur"),line:"nn.Conv2d(1, 1, 5, padding=2)",kernel:"gaussian"},{name:"sharpen",group:"Filters",title:d("Sharpen"),line:"nn.Conv2d(1, 1, 3, padding=1)",kernel:"sharpen"},{name:"identity",group:"Filters",title:d("Identity: nothing changes"),line:"nn.Conv2d(1, 1, 3, padding=1)",kernel:"identity"},{name:"colour",group:"Layers",title:d("Colour in, eight maps out"),line:"nn.Conv2d(3, 8, 3, padding=1)",kernel:"sobel-x"},{name:"pointwise",group:"Layers",title:d("1 \xD7 1: mixes channels"),line:"nn.Conv2d(3, 3, 1)",kernel:"identity"},{name:"grouped",group:"Layers",title:d("Grouped: two halves"),line:"nn.Conv2d(4, 8, 3, padding=1, groups=2)",kernel:"sobel-x"},{name:"depthwise",group:"Layers",title:d("Depthwise: one per channel"),line:"nn.Conv2d(3, 3, 3, padding=1, groups=3)",kernel:"sobel-x"},{name:"stem",group:"Layers",title:d("ResNet stem: 7 \xD7 7, stride 2"),line:"nn.Conv2d(3, 64, 7, stride=2, padding=3, bias=False)",kernel:"gabor"},{name:"patchify",group:"Layers",title:d("Patchify: 4 \xD7 4, stride 4"),line:"nn.Conv2d(3, 16, 4, stride=4)",kernel:"box"},{name:"strided",group:"Ideas",title:d("'same' at stride 2"),line:"kaiyan.nn.Conv2d(1, 1, 3, stride=2, padding='same')",kernel:"sobel-x"},{name:"dilated",group:"Ideas",title:d("Dilated (\xE0 trous)"),line:"nn.Conv2d(1, 1, 3, padding=2, dilation=2)",kernel:"laplacian"},{name:"causal",group:"Ideas",title:d("Causal: sees no future"),line:"kaiyan.nn.Conv1d(1, 1, 3, padding='causal')",kernel:"box"},{name:"mirrored",group:"Ideas",title:d("Mirrored edges"),line:"nn.Conv2d(1, 1, 9, padding=4, padding_mode='reflect')",kernel:"box"},{name:"checkerboard",group:"Ideas",title:d("Transposed: a checkerboard"),line:"nn.ConvTranspose2d(1, 1, 3, stride=2, padding=1, output_padding=1)",kernel:"box",changes:{...Xt,view:"scatter"}},{name:"smooth",group:"Ideas",title:d("Transposed: no checkerboard"),line:"nn.ConvTranspose2d(1, 1, 4, stride=2, padding=1)",kernel:"box",changes:{...Xt,view:"scatter"}},{name:"turned",group:"Ideas",title:d("The kernel, turned by 180\xB0"),line:"nn.Conv2d(1, 1, 5, padding=2)",kernel:"emboss",changes:{picture:"dot",side:16,crop:null}},{name:"frames",group:"Ideas",title:d("3-D: across video frames"),line:"nn.Conv3d(1, 1, 3, padding=1)",kernel:"gaussian",changes:{side:32}}];function $o(e,{line:t,kernel:n,changes:o}){let r=I(t).conv,s=e.picture.startsWith("own-")?{}:{picture:O,crop:e.picture===O?e.crop:Le};return{...ut(e,r),...s,conv:r,recipe:R(r),error:null,kernel:n,base:n,weight:nt(r,n),bias:ct(r),out:0,channel:0,place:r.axes.map(()=>0),shift:[0,0],side:Math.max(e.side,it.side),zoom:1,...o}}function bo({recipe:e,kernel:t,picture:n,error:o}){if(!o)return ze.find(r=>{let s=I(r.line).conv;return r.kernel===t&&R(s)===e&&(r.changes?.picture??n)===n})}function Yt(e,t){let n=bo(t),o=r=>{let s=r.target,i=ze.find(({name:a})=>a===s.value);i&&(e.store.change("convolution",$o(t,i)),e.tell(e.t(i.title)))};return u`
    <label class="field presets-field">
    <span>${e.t("Start from")}</span>
    <select class="presets" .value=${w(n?.name??"")} @change=${o}>
      <option value="" ?hidden=${n!==void 0} ?selected=${n===void 0}>${e.t("a layer of your own")}</option>
      ${go.map(r=>u`
        <optgroup label=${e.t(r)}>
          ${ze.filter(s=>s.group===r).map(({name:s,title:i})=>u`<option value=${s} ?selected=${s===n?.name}>${e.t(i)}</option>`)}
        </optgroup>
      `)}
    </select>
    </label>
  `}var wo={"kernel size":d("How many elements the kernel reads along each axis."),stride:d("How far the window moves from one output to the next. A stride of 2 halves the output size."),padding:d("Elements added around the picture, so that the window can stand at its edge."),"padding mode":d("What fills the padding: zeros, a constant, or pixels of the picture itself: mirrored, repeated from the edge, or wrapped around."),dilation:d("The distance between the elements that the kernel reads. A dilation of 2 skips every other one."),groups:d("How many separate groups the channels are divided into. As many groups as input channels is a depthwise convolution."),"input channels":d("How many numbers the input has at each position: 1 for grey, 3 for colour."),"output channels":d("How many kernels there are; each makes one feature map."),"output padding":d("Rows and columns added at the end of a transposed convolution's output, because several output sizes are possible."),bias:d("One number per output channel, added to every sum."),kind:d("A convolution sums a window into one number; a transposed convolution spreads one number over a window.")};function Te({t:e},t){let n=wo[t];return n?u`<span class="term explained" tabindex="0" @keydown=${r=>{if(r.key!=="Escape")return;r.stopPropagation(),r.currentTarget.blur()}}>${e(t)}<span class="gloss" role="note">${e(n)}</span></span>`:u`${e(t)}`}function en(e){let t=M(e).plain.trim();return/^-?\d{1,9}$/.test(t)?Number(t):NaN}var Qt=new WeakMap,_e=e=>Qt.get(e)??Qt.set(e,new Map).get(e)??new Map;function C(e,{key:t,label:n,value:o,set:r,least:s,most:i=2**31}){let a=_e(e).get(t),c=p=>{_e(e).delete(t),r(Math.min(Math.max(p,s),i))},l=p=>{let f=en(p);if(f>=s&&f<=i)return c(f);_e(e).set(t,p),e.store.change("convolution",{})},m=p=>{let f={ArrowUp:1,ArrowDown:-1}[p.key];f&&(p.preventDefault(),c(o+f))};return u`
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
    ${a===void 0?h:u`<p class="problem" role="alert">${yo(e,a,s,i)}</p>`}
  `}function yo({t:e},t,n,o){let r=en(t);return Number.isNaN(r)?t.trim()?e("{text} is not a whole number",{text:`"${t.trim()}"`}):e("Enter a whole number here."):r<n?e("{n} is too small: {least} or more",{n:r,least:n}):e("{n} is too large: {most} or less",{n:r,most:o})}function v(e,t,n,o,r=""){return u`
    <div class="setting ${r}">
      <span class="label">${e.t(t)===n?u`<code class="same">${Te(e,t)}</code>`:u`${Te(e,t)} <code>${n}</code>`}</span>
      <span class="control">${o}</span>
    </div>
  `}var xo={kernel:[d("kernel size"),1],stride:[d("stride"),1],dilation:[d("dilation"),1],output_padding:[d("output padding"),0]},vo={kernel:"kernel_size"},Zt=new WeakMap;function H(e,t,n,o){let[r,s]=xo[n],i=Zt.get(e)??new Set;Zt.set(e,i);let a=t.axes.map(g=>g[n]),c=a.length===1||!i.has(n)&&new Set(a).size===1,l=(g,y=-1)=>o({...t,axes:t.axes.map((k,un)=>y<0||un===y?{...k,[n]:g}:k)}),m=()=>{i.delete(n)?l(a[0]):i.add(n),e.store.change("convolution",{})},p=c?C(e,{key:n,label:e.t(r),value:a[0],least:s,set:g=>l(g)}):t.axes.map(({name:g},y)=>u`<span class="axis"><code>${g}</code>${C(e,{key:`${n}-${g}`,label:`${e.t(r)} ${g}`,value:a[y],least:s,set:k=>l(k,y)})}</span>`),f=t.axes.map(({name:g})=>g),b=a.length===1?h:u`
    <button class="quiet unfold" aria-expanded=${!c} title=${e.t("{field}: one number for each axis",{field:e.t(r)})} @click=${m}>${f.join(c?"=":"\u2260")}</button>`;return v(e,r,vo[n]??n,u`${b}<span class="numbers">${p}</span>`,c?"":"tall")}var Fe=["same","same_lower","valid","causal"],ko=[["number",d("number")],["sides",d("each side")],...Fe.map(e=>[e,`'${e}'`])],So=["zeros","constant","reflect","replicate","circular","symmetric"];function tn(e,t,n){let{conv:o}=t,r=Mo(o),s=()=>o.axes.map((p,f)=>S(p,A(e.pictures,t)[f+1],o.transposed).map(b=>Math.max(b,0))),i=p=>n({...o,axes:o.axes.map((f,b)=>({...f,padding:p[b]}))}),a=p=>{if(Fe.includes(p))return i(o.axes.map(()=>p));let f=s();if(p==="number")return i(f.map(()=>[f[0][0],f[0][0]]));Ee.add(e),i(f.map(([b,g])=>[b,g])),e.store.change("convolution",{})},l=r==="sides"||r==="number"&&Ee.has(e)?"sides":r,m=u`
    <select aria-label=${e.t("padding")} .value=${w(l)} @change=${p=>{Ee.delete(e),a(p.target.value)}}>
      ${ko.map(([p,f])=>u`<option value=${p} ?selected=${p===l}>${Fe.includes(p)?f:e.t(f)}</option>`)}
      ${r==="mixed"?u`<option value="mixed" selected>${e.t("as in the code")}</option>`:h}
    </select>
    ${l==="number"?C(e,{key:"padding",label:e.t("padding"),value:s()[0][0],least:0,set:p=>i(o.axes.map(()=>[p,p]))}):h}
    ${l==="sides"?Oo(e,o,s(),i):h}
  `;return v(e,"padding","padding",m,l==="sides"?"tall":"pair")}var Ee=new WeakSet;function Oo(e,t,n,o){let r=(i,a,c)=>o(n.map((l,m)=>l.map((p,f)=>m===i&&f===a?c:p))),s=(i,a)=>{let c=`${t.axes[i].name} ${e.t(a?"after":"before")}`;return C(e,{key:`padding-${i}-${a}`,label:c,value:n[i][a],least:0,set:l=>r(i,a,l)})};return u`
    <span class="sides">
      <span></span><small>${e.t("before")}</small><small>${e.t("after")}</small>
      ${t.axes.map(({name:i},a)=>u`<code>${i}</code><span>${s(a,0)}</span><span>${s(a,1)}</span>`)}
    </span>
  `}function Mo({axes:e}){let t=new Set(e.map(({padding:o})=>String(o))),[{padding:n}]=e;return t.size===1&&typeof n=="string"?n:e.some(o=>typeof o.padding=="string")?"mixed":t.size===1&&n[0]===n[1]?"number":"sides"}function nn(e,t,n){let[o,r=""]=t.padding_mode.split(/[()]/),s=a=>n({...t,padding_mode:a}),i=a=>{let c=Number(M(a.target.value).plain);Number.isFinite(c)&&s(`constant(${c})`)};return v(e,"padding mode","padding_mode",u`
      <select aria-label=${e.t("padding mode")} ?disabled=${t.transposed} .value=${w(o)} @change=${a=>{let{value:c}=a.target;s(c==="constant"?"constant(128)":c)}}>
        ${So.map(a=>u`<option value=${a} ?selected=${a===o}>${a}</option>`)}
      </select>
      ${o==="constant"?u`<input class="value" inputmode="decimal" aria-label=${e.t("the constant")} .value=${me(r)} @change=${i} />`:h}
    `)}var No=[1,2,3].flatMap(e=>[`Conv${e}d`,`ConvTranspose${e}d`]).sort(),Ao=[["L"],["H","W"],["D","H","W"]],Co=512;function rn(e,t){let{conv:n}=t,o=r=>e.store.change("convolution",T(e.store.state.convolution,zo(r)));return u`
    <div class="form" role="group" aria-label=${e.t("The layer as a form")}>
      ${H(e,n,"kernel",o)} ${H(e,n,"stride",o)} ${tn(e,t,o)}
      <details class="more">
        <summary>${e.t("Channels, groups and more")}</summary>
        ${To(e,n,o)} ${on(e,n,"in_channels",o)} ${on(e,n,"out_channels",o)}
        ${_o(e,n,o)} ${H(e,n,"dilation",o)} ${nn(e,n,o)}
        ${n.transposed?H(e,n,"output_padding",o):h} ${Fo(e,n,o)}
      </details>
    </div>
  `}function zo(e){let n=sn(e).filter(i=>i<=e.groups).at(-1)??1,{transposed:o}=e,r=e.axes.some(({padding:i})=>typeof i=="string"),s=e.axes.map(i=>{let a=o&&!r?Math.max(i.stride,i.dilation)-1:0;return{...i,output_padding:Math.min(i.output_padding,a)}});return{...e,groups:n,axes:s,padding_mode:o?"zeros":e.padding_mode}}function sn({in_channels:e,out_channels:t}){let n=Math.min(e,t);return Array.from({length:n},(o,r)=>r+1).filter(o=>e%o===0&&t%o===0)}function To(e,t,n){let o=`Conv${t.transposed?"Transpose":""}${t.axes.length}d`,r=s=>{let i=Number(s.at(-2)),a=Ao[i-1].map((c,l)=>({...t.axes[Math.max(0,l-i+t.axes.length)]??t.axes[0],name:c}));n({...t,axes:a,transposed:s.includes("Transpose")})};return v(e,"kind",e.t("kind"),u`
    <select aria-label=${e.t("kind")} .value=${w(o)} @change=${s=>r(s.target.value)}>
      ${No.map(s=>u`<option ?selected=${s===o}>${s}</option>`)}
    </select>
  `)}function on(e,t,n,o){let r=n==="in_channels"?d("input channels"):d("output channels"),s=t.groups>1&&t.groups===t.in_channels,i=a=>{let c={...t,[n]:a};s&&t.out_channels===t.in_channels?o({...c,in_channels:a,out_channels:a,groups:a}):o(c)};return v(e,r,n,C(e,{key:n,label:e.t(r),value:t[n],least:1,most:Co,set:i}))}function _o(e,t,n){let o=sn(t),r=Eo(e,t),s=a=>n({...t,groups:o[Number(a.target.value)]}),i=u`
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
  `;return v(e,"groups","groups",i,"wide")}function Eo({t:e},{groups:t,in_channels:n}){return e(t===1?"not grouped":t===n?"depthwise":"grouped")}function Fo(e,t,n){return v(e,"bias","bias",u`
    <input type="checkbox" aria-label=${e.t("bias")} .checked=${w(t.bias)} @change=${o=>n({...t,bias:o.target.checked})} />
  `)}function an(e,t,n){let o=s=>e.store.change("convolution",s),r=n.ways.map(s=>({way:s,changes:Io(e.pictures,t,s.en)}));return u`
    ${r.map(({way:s,changes:i})=>i?u`<button @click=${()=>o(i)}>${e.words(s)}</button>`:u`<p class="way">${e.words(s)}</p>`)}
    ${t.error?u`<button class="quiet" @click=${()=>o({recipe:R(t.conv),error:null})}>${e.t("Back to the last line that works")}</button>`:""}
  `}function Io(e,t,n){let o=Number(/input of at least (\d+)|input of (\d+) or more/.exec(n)?.slice(1).find(Boolean));if(o)return o<=Re?{side:Math.max(o,t.side)}:null;let r=[n,...Lo(t.recipe.normalize("NFKC"),n)].find(s=>Ro(e,t,s));return r?te(t,r):null}function Ro(e,t,n){let{conv:o}=I(n);return!o||st(o)?!1:Y(o,A(e,{...t,conv:o}))===null}function Lo(e,t){let n=/^([a-z_]+)=(\d+|'[^']*'|\((?:[^()]|\([^()]*\))*\))/.exec(t);if(!n)return[];let[o,r]=n,s=new RegExp(`\\b${r}\\s*=\\s*(?:\\((?:[^()]|\\([^()]*\\))*\\)|'[^']*'|"[^"]*"|[^,()]+)`);return s.test(e)?[e.replace(s,o)]:[e.replace(/\)\s*$/,`, ${o})`)]}function ln(e){let{t,store:n}=e,[o,r]=[`${e.id}-recipe-line`,`${e.id}-recipe-problem`],s=c=>n.change("convolution",c),i=()=>n.state.convolution,a=()=>i().error===null&&s(T(i(),i().conv));return c=>{let l=c.error??mt(e.pictures,c);return u`
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
          @input=${m=>s(te(i(),m.target.value))}
          @keydown=${m=>{m.key!=="Enter"||m.isComposing||(m.preventDefault(),a())}}
          @change=${a}
        ></textarea>
        <div id=${r} class="problem" role="alert" ?hidden=${!l}>
          ${l?[u`<p>${e.words(l.error)}</p>`,an(e,c,l)]:h}
        </div>
      </div>
    `}}function cn(e,t,n){let o=ln(t),r=Ht(t),s=Jt(t);return{draw(i,a){let{t:c}=t,l=u`
        <h2>${c("Recipe")}</h2>
        ${Yt(t,i)} ${o(i)} ${rn(t,i)}
        ${r(i)}
        <h3>${c("Picture")}</h3>
        ${s.view(i)}
        ${a?.note?u`<p class="note">${t.words(a.note)}</p>`:h}
        ${Do(t,i)}
        ${zt(t,i,n)}
      `;G(l,e)},destroy:s.close}}function Do(e,t){if(!de.length)return h;let n=o=>e.store.change("convolution",{guide:t.guide===o?null:o});return u`
    <h3>${e.t("Questions from the lesson")}</h3>
    <ul class="questions">
      ${de.map(({name:o,question:r})=>u`<li><button class="quiet" aria-pressed=${t.guide===o} @click=${()=>n(o)}>${e.t(r)}</button></li>`)}
    </ul>
  `}function Wi(e,t,n,o){let r=cn(t,e,o),s=Ct(e);return{draw(i,a,c){r.draw(i,a),G(u`<div class="explanation">${s(c.slice,c.model)} ${At(e,c.slice,c.model)}</div>`,n)},destroy:r.destroy}}export{Wi as createSides};
/*! Bundled license information:

lit-html/directives/guard.js:
  (**
   * @license
   * Copyright 2018 Google LLC
   * SPDX-License-Identifier: BSD-3-Clause
   *)
*/
