import{Ha as y,a as i,d,e as k,qb as x,rb as M,sb as I,tb as N,ub as p,vb as g,z as C}from"./tabs-shared.mjs";import"./convolution-picture-sources-shared.mjs";var P=6e4;function q(t,e,n){let{t:s}=t,o=r=>{let u=r.ctrlKey||r.metaKey;u&&r.key==="Enter"?n.run():u&&r.key.toLowerCase()==="z"&&!r.shiftKey&&e.mended&&n.undo()&&r.preventDefault()},a=r=>{let u=r.dataTransfer?.files[0];u&&(r.preventDefault(),c(u))},c=async r=>{r&&(r.size>P?t.tell(s("This file is too long: paste only the model")):n.write(await r.text()))};return i`
    <h2><label for="${t.id}-fixit-text">${s("Your code or your error")}</label></h2>
    <textarea
      id="${t.id}-fixit-text" class="paste" spellcheck="false" autocapitalize="off" autocomplete="off" wrap="off" rows="16"
      maxlength=${P} aria-describedby="${t.id}-fixit-how" .value=${e.text}
      @input=${({target:r})=>n.write(r.value)} @keydown=${o} @drop=${a}></textarea>
    <p id="${t.id}-fixit-how" class="how">${s("Paste a model, a traceback, or both. The text is read, never run, and nothing leaves this machine.")}</p>
    <div class="acts">
      <button @click=${n.run} ?disabled=${e.asking}>${s("Check")} <kbd>Ctrl ⏎</kbd></button>
      <label class="file"><span>${s("Open a file")}</span><input type="file" accept=".py,.txt,text/plain" @change=${({target:r})=>c(r.files[0])} /></label>
      ${e.back.length?i`<button @click=${n.undo}>${s("Undo the fix")} <kbd>U</kbd></button>`:d}
    </div>
    <h3>${s("Real errors")}</h3>
    <ul class="examples">
      ${x.map(({name:r,label:u,text:h})=>i`<li>
          <button class="quiet" aria-pressed=${e.example===r&&e.text===h} @click=${()=>n.example(r)}>${s(u)}</button>
        </li>`)}
    </ul>`}var O="K008";function L(t,e,n){let{t:s}=t,{answer:o,refusal:a}=e;if(a)return i`<h2>${s("Not read")}</h2><p class="bad" role="alert">${t.words(a.words)}</p>${a.ways.map(f=>i`<p>${t.words(f)}</p>`)}`;if(!o)return d;if(!o.diagnosis)return D(t,e);let{code:c,title:r,cause:u,unknown:h}=o.diagnosis;return i`
    <h2>${s("Why")}</h2>
    <p class="title"><code>${c}</code> ${t.words(r)}</p>
    <p class="cause">${t.words(u)}</p>
    ${h.map(f=>i`<p class="how">${t.words(f)}</p>`)}
    ${o.fixes.length?i`<h2>${s("Fixes")}</h2>`:d}
    <ol class="fixes">${o.fixes.map(f=>W(t,f,n))}</ol>
    ${c===O?H(t):d}`}function D(t,{answer:e}){let{t:n}=t;return e.gate||!e.flow.length?i`<h2>${n("Why")}</h2><p>${n("No known model or error was found here. See which lines were not understood.")}</p>`:i`<h2>${n("Nothing fails")}</h2><p>${n("Every layer accepts the output of the layer before it.")}</p>`}var b=t=>t,U={works:["\u2713",b("tried: works")],further:["\u2192",b("tried: it gets further, then fails")],"":["",b("not tried")]};function W(t,e,n){let{t:s}=t,[o,a]=U[e.outcome],c=e.text!==null||e.shape!==null;return i`<li class="fix">
    <p>${t.words(e.words)}</p>
    ${e.diff.length?z(t,e.diff):e.advice?i`<pre class="advice">${e.advice}</pre>`:d}
    ${e.note?i`<p class="how">${t.words(e.note)}</p>`:d}
    <div class="acts">
      ${c?i`<button @click=${()=>n.apply(e)}>${s("Apply")}</button>`:d}
      <span class=${`outcome ${e.outcome}`}>${o} ${s(a)}</span>
    </div>
    ${e.then?i`<p class="how">${e.then}</p>`:d}
  </li>`}var _={"-":b("removed"),"+":b("added")," ":b("unchanged")},z=({t},e)=>{let n=Math.min(...e.map(({text:o})=>o.trim()?o.search(/\S/):1/0)),s=n>4&&n<1/0?n:0;return i`<ol class="diff" aria-label=${t("What changes")} tabindex="0">
  ${e.map(({sign:o,line:a,text:c,mark:r})=>[o,a,c.slice(s),r&&r.map(u=>Math.max(0,u-s))]).map(([o,a,c,r])=>i`<li class=${o==="-"?"removed":o==="+"?"added":""}><span class="unseen">${t(_[o])}: </span><b aria-hidden="true">${o}</b><small>${a||""}</small><code>${r?i`${c.slice(0,r[0])}<mark>${c.slice(...r)}</mark>${c.slice(r[1])}`:c}</code></li>`)}
</ol>`};function H(t){let e="strided-same";return i`<aside class="lesson">
    <h3>${t.t("The lesson behind it")}</h3>
    <button class="quiet" @click=${()=>t.open("convolution",{guide:e})}>${t.t("Why does PyTorch refuse 'same' with a stride?")} →</button>
  </aside>`}function R(t,e,n){let{t:s}=t,{answer:o}=e;if(!o)return i`<p class="empty">${e.asking?s("Reading\u2026"):d}</p>`;if(!o.code&&o.diagnosis)return i`<p class="empty">${s("There is no code here. Paste the model together with the error: then its shapes are drawn, and each fix is tried.")}</p>`;let a=o.flow[0]?.in[0];return i`
    <h2 class="unseen">${s("How the shapes flow")}</h2>
    ${o.input.shape&&o.input.how!=="text"?G(t,o,n):d}
    <ol class="pipe" aria-label=${s("How the shapes flow")} aria-busy=${e.asking}>
      ${a?X(a,a,o.input.how==="text"?s("input, taken from the code"):s("input")):d}
      ${o.flow.map(c=>Y(t,o,c,n))}
      ${B(t,e,n)}
    </ol>
    ${J(t,o)}`}function G(t,e,n){let{t:s}=t;return i`<div class="given">
    <label><span>${s("input")}</span>
      <input class="shape" .value=${e.input.shape.replaceAll("x","\xD7")} spellcheck="false"
        @change=${({target:o})=>n.shape(o.value)} /></label>
    <span class="how">${e.input.remarks.map(o=>i`${t.words(o)} `)}</span>
  </div>`}var X=(t,e,n)=>i`<li class="tensor">
  <i ${y({"--from":String(g(t)),"--to":String(g(e))})}></i>
  <b>${p(e)}</b><span>${n}</span>
</li>`;function Y(t,e,n,s){let{t:o}=t,a=n.in[0]??[1];if(n.failed)return j(t,e,n,s);let c=n.out?.[0],r=c&&c.join()===a.join();return i`<li class=${r?"step same":"step"}>
    <i ${y({"--from":String(g(a)),"--to":String(g(c??a))})}></i>
    <b>${c?p(c):"?"}${n.out?.length>1?i` <small>+${n.out.length-1}</small>`:d}</b>
    <button class="quiet made" title=${o("Show it in the text")} @click=${()=>s.show(n.span)}><code>${n.code}</code>${n.line?i`<small>${o("line {n}",{n:n.line})}</small>`:d}</button>
  </li>`}function j(t,e,n,s){let{t:o}=t,a=n?.in[0]??[1],{words:c,line:r,span:u,kind:h,reason:f}=e.gate;return i`<li class=${`gate ${h}`}>
    <i ${y({"--from":String(g(a)),"--to":String(g(a))})}></i>
    <div>
      <strong><span aria-hidden="true">${h==="error"?"\u2715":"?"}</span> ${o(h==="error"?"It fails here":"Not understood from here on")}${r?i` · ${o("line {n}",{n:r})}`:d}</strong>
      ${n?i`<button class="quiet made" @click=${()=>s.show(u)}><code>${n.code}</code></button>`:d}
      ${n?.in.length?i`<p>${o("it received {shapes}",{shapes:n.in.map(p).join("  \xB7  ")})}</p>`:d}
      <p class="words">${c||(f?t.words(f):"")}</p>
    </div>
  </li>`}function B(t,e,n){let{t:s}=t,{answer:o}=e;if(o.gate)return o.flow.at(-1)?.failed?d:j(t,o,null,n);if(!o.flow.length)return d;let a=o.output.map(p).join("  \xB7  ");return i`<li class=${e.mended?"end mended":"end"}>
    <strong><span aria-hidden="true">✓</span> ${e.mended?s("Fixed: the shapes fit to the end"):s("The shapes fit to the end")}</strong>
    <span>${a}${o.parameters?i` · ${s("{n} parameters",{n:o.parameters.toLocaleString("en")})}`:d}</span>
  </li>`}function J(t,e){let{t:n}=t;return e.unread.length?i`<details class="unread">
    <summary>${n("{n} lines were not understood",{n:e.unread.length})}</summary>
    <ul>${e.unread.map(s=>i`<li>${s.line?i`${n("line {n}",{n:s.line})}: `:d}${t.words(s.words)}</li>`)}</ul>
  </details>`:d}var Q=400;function ke(t,e){let{recipe:n,stage:s,explain:o}=C(t,e,{recipe:"Your code or your error",explain:"Cause and fixes"}),a=l=>e.store.change("fixit",l),c=()=>e.store.state.fixit,r="",u=null,h,f=async()=>{clearTimeout(h);let{text:l,shape:$}=c();if(r=T(l,$),u?.abort(),!l.trim())return a({answer:null,refusal:null,asking:!1});let m=u=new AbortController;a({asking:!0});try{let{facts:w}=await e.host.ask("diagnose",{text:l,shape:$},[],m.signal);if(m!==u)return;a({answer:w,refusal:null,asking:!1}),e.tell(V(e,w,c().mended))}catch(w){if(m!==u)return;let S=w.refusal;a({asking:!1,refusal:S??null}),S?e.tell(e.words(S.words)):e.refuse(w)}},F=()=>{clearTimeout(h),h=setTimeout(f,Q)},E=()=>{let l=N(c());return l&&a(l),!!l},A=l=>a(I(c(),l)),K=()=>{let l=c().answer?.fixes.find($=>$.outcome==="works"&&($.text??$.shape)!==null);l&&A(l)},v={write:l=>a({text:l,mended:!1}),run:f,undo:E,apply:A,show:([l=0,$=0])=>{let m=n.querySelector("textarea");if(!m||$<=l)return;m.focus(),m.setSelectionRange(l,$);let w=m.value.slice(0,l).split(`
`).length-1;m.scrollTop=Math.max(0,(w-3)*parseFloat(getComputedStyle(m).lineHeight))},shape:l=>a({shape:l}),example:l=>a({...M,example:l,text:x.find($=>$.name===l)?.text??"",answer:c().answer,asking:c().asking})};return{draw({fixit:l}){if(e.host.kind==="alone")return k(Z(e),s);T(l.text,l.shape)!==r&&(r=T(l.text,l.shape),l.answer&&!l.mended?F():queueMicrotask(f)),k(q(e,l,v),n),k(R(e,l,v),s),k(L(e,l,v),o)},keys:{u:E,a:K},help:[["A",e.t("apply the first fix that works")],["U",e.t("undo the fix")],["Ctrl Enter",e.t("check at once")]],hide(){},show(){},destroy(){clearTimeout(h),u?.abort()}}}var T=(t,e)=>`${e}
${t}`;function V(t,{flow:e,gate:n,output:s,diagnosis:o,fixes:a},c){let{t:r}=t,u=a.filter(h=>h.outcome==="works").length;return n?.kind==="error"?r("It fails at line {line} after {n} steps: {why}; fixes that work: {works}",{line:n.line||"\u2013",n:e.length-1,why:o?t.words(o.cause):n.words,works:u}):n?r("Not understood from line {line} on",{line:n.line}):o?t.words(o.cause):e.length?`${r(c?"Fixed: the shapes fit to the end":"The shapes fit to the end")}: ${s.map(p).join(", ")}`:r("No model was found in the text")}var Z=({t})=>i`<div class="alone">
  <h2>${t("This needs Python")}</h2>
  <p>${t("This page was opened from disk, but reading code needs Python. On a machine with Kaiyan, run:")}</p>
  <pre>kaiyan studio</pre>
</div>`;export{ke as mount};
