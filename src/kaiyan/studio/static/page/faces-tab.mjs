import{m as se,o as ne,r as V,t as re,u as A,w as W,x as ie,y as ce}from"./network-maps-shared.mjs";import{a as ae}from"./app-download-shared.mjs";import{C as y,E as R,Fa as ee,Ga as te,Ha as b,Ja as oe,N as J,Q,R as X,S as Y,a as p,b as U,d,e as T,m as z,na as Z,v as E,y as K,z as G}from"./tabs-shared.mjs";import"./convolution-picture-sources-shared.mjs";var le=ee(class extends te{constructor(){super(...arguments),this.key=d}render(e,t){return this.key=e,t}update(e,[t,a]){return t!==this.key&&(oe(e),this.key=t),a}});var _e="gallery-consent";function N({take:e},t){return p`<label class="file"><input class="unseen" type="file" accept="image/*" @change=${o=>{let n=o.target,r=n.files?.[0];r&&e(r,r.name),n.value=""}} /><span>${t}</span></label>`}function pe(e){let{app:t,slice:a}=e,{t:o}=t;return p`
    <div class="invitation">
      <h2>${o("Who is this?")}</h2>
      <p>${o("Drop a photograph with faces here, paste one, or choose a file.")}</p>
      <p>${N(e,o("Choose a photograph"))}</p>
      <p class="hint">${o("All of it stays on this machine. The photograph is held in memory and never written to disk. Only when you name a face are the name, your note of consent and 128 numbers kept, in a file of your own.")}</p>
      ${a.busy==="read"?p`<p role="status">${o("Reading the photograph\u2026")}</p>`:d}
      ${x(e,"photograph")}
    </div>
  `}function x({app:e,slice:t},a){if(t.refused?.at!==a)return d;let{refusal:o}=t.refused;return p`<div class="refused" role="alert">${E(e,o.code===_e?{...o,ways:[]}:o)}</div>`}function v({app:e,session:t},a,o,n){let{t:r}=e,i=()=>t.questions.forget();return a.state==="asking"?p`<div class="waiting" role="status"><p>${o}</p><button @click=${()=>t.questions.cancel(n)}>${r("Stop waiting")}</button></div>`:a.state==="cancelled"?p`<div class="waiting"><p>${r("Not waited for any more.")}</p><button @click=${i}>${r("Try again")}</button></div>`:a.refusal?p`<div class="refused" role="alert">${E(e,a.refusal)}<button @click=${i}>${r("Try again")}</button></div>`:d}var je=1.2,k=e=>e.toFixed(3);function P(e,{accepted:t,doubted:a},o){let n=Math.max(je,...o.map(({at:s})=>s*1.05)),r=s=>(s/n).toFixed(4),i=o.map(({at:s,label:c})=>`${c} ${k(s)}`).join(e(", "));return p`
    <div class="scale" role="img" aria-label=${e("distances: {marks}; the threshold is {accepted}",{marks:i,accepted:k(t)})}>
      ${o.map(({at:s,label:c})=>p`<p class="mark" ${b({"--at":r(s)})}><span>${c} <b>${k(s)}</b></span></p>`)}
      <p class="line" ${b({"--near":r(t),"--doubted":r(a)})}></p>
      <p class="threshold" ${b({"--at":r(t)})}><span>${e("threshold {accepted}",{accepted:k(t)})}</span></p>
      <p class="ends"><span>0</span><span>${n.toFixed(1)}</span></p>
      ${a>t?p`<p class="ends">${e("up to {doubted}: unsure",{doubted:k(a)})}</p>`:d}
    </div>
  `}function he(e){let{app:t,slice:a,photo:o,found:n}=e;if(!o||!n)return d;let{t:r}=t,i=n.value?.faces??[];return p`
    <header class="head">
      <h2>${o.title}</h2>
      <p class="count">${n.value?D(e,i.length):d}</p>
      ${N(e,r("Another photograph"))}
    </header>
    ${a.busy==="read"?p`<p role="status">${r("Reading the photograph\u2026")}</p>`:d}
    ${x(e,"photograph")}
    ${v(e,n,r("Looking for faces. The first time the networks are read, which takes some seconds\u2026"),`find ${o.id}`)}
    <div class="frame" ${b({"--ratio":(o.width/o.height).toFixed(4)})}>
      <canvas data-photo=${o.id} width=${o.width} height=${o.height} role="img" aria-label=${r("photograph {title}",{title:o.title})}></canvas>
      <svg viewBox="0 0 ${o.width} ${o.height}" aria-hidden="true">
        ${i.map(s=>s.points.map(([c,l])=>U`<circle cx=${l} cy=${c} r=${Le(s)}></circle>`))}
      </svg>
      ${i.map(s=>Ue(e,s))}
    </div>
    ${i.length?p`${ze(e,i)}<p class="acts"><button @click=${Ie}>${r("Name this face")}</button></p>`:d}
    ${n.value&&!i.length?p`<p class="hint">${r("A face is found where it is upright, seen from the front and at least 80 pixels high on a photograph of 1600.")}</p>`:d}
    ${o.notes.map(s=>p`<p class="hint">${t.words(s)}</p>`)}
  `}function Ie(e){let t=e.target.closest(".faces")?.querySelector(".naming input");t?.scrollIntoView({block:"center"}),t?.focus()}var D=({app:{t:e}},t)=>t===0?e("no face is found"):t===1?e("one face is found"):e("{n} faces are found",{n:t});function q({app:{t:e}},t){return t?t.answer==="name"?t.name??"":t.answer==="unsure"?e("unsure"):e("not known here"):""}var Le=({box:[e,,t]})=>Math.max(1.5,(t-e)/50).toFixed(1);function Ue(e,t){let{app:a,photo:o,who:n,change:r}=e;if(!o)return d;let[i,s,c,l]=t.box,u=n?.value?.faces[t.index],m=a.t("face {n}",{n:t.index+1}),w=q(e,u);return p`
    <button
      class="face" data-face=${t.index} aria-pressed=${t===e.face}
      aria-label=${w?`${m}${a.t(", ")}${w}`:m}
      ${b({"--top":B(i,o.height),"--left":B(s,o.width),"--high":B(c+1-i,o.height),"--wide":B(l+1-s,o.width)})}
      @click=${()=>r({face:t.index,one:null,two:null,refused:null})}
    ><span>${t.index+1}${u?.answer==="name"?p`<i> ${w}</i>`:d}</span></button>
  `}var B=(e,t)=>`${(100*e/t).toFixed(3)}%`;function ze(e,t){let{app:a,who:o,change:n}=e,{t:r}=a;return p`
    <div class="wide">
      <table class="faces-found">
        <caption class="unseen">${r("Faces on the photograph")}</caption>
        <thead><tr><th scope="col">${r("Face")}</th><th scope="col">${r("Who")}</th><th scope="col">${r("Distance")}</th><th scope="col">${r("Score")}</th><th scope="col">${r("Box: rows, columns")}</th></tr></thead>
        <tbody>
          ${t.map(i=>{let s=o?.value?.faces[i.index],[c,l,u,m]=i.box;return p`<tr aria-current=${i===e.face}>
              <th scope="row"><button class="quiet" @click=${()=>n({face:i.index,one:null,two:null,refused:null})}>${r("face {n}",{n:i.index+1})}</button></th>
              <td>${o?.state==="asking"?"\u2026":q(e,s)}</td>
              <td>${s?.distance?k(s.distance):"\u2013"}</td>
              <td>${i.score.toFixed(2)}</td>
              <td>${c}–${u}${r(", ")}${l}–${m}</td>
            </tr>`})}
        </tbody>
      </table>
    </div>
  `}function de(e,t,{session:a}){for(let o of e.querySelectorAll("canvas[data-photo]")){let n=a.photograph(Number(o.dataset.photo));n&&t.paint(o,`${n.id} ${o.width} ${o.height}`,()=>A(o).drawImage(W(n.rgb,n.height,n.width),0,0,o.width,o.height))}}function ue(e){let{app:t,face:a,photo:o,who:n}=e,{t:r}=t;if(!a||!o||!n)return d;let i=n.value?.faces[a.index];return p`
    <section aria-label=${r("Who is face {n}?",{n:a.index+1})}>
      <h2>${r("Who is face {n}?",{n:a.index+1})}</h2>
      ${v(e,n,r("Comparing with the people who are kept\u2026"),`who ${o.id}`)}
      ${i&&n.value?Ke(e,i,n.value):d}
      ${le(a.key,Ge(e,a))}
    </section>
  `}function Ke(e,t,a){let{app:o}=e,{t:n}=o,r=[{at:t.distance,label:t.nearest},{at:t.runner_up_distance,label:t.runner_up}].flatMap(({at:i,label:s})=>i===null||s===null?[]:[{at:i,label:s}]);return p`
    <p class="answer" data-answer=${t.answer}>${q(e,t)}</p>
    <p>${o.words(t.reason)}</p>
    ${r.length?P(n,a,r):d}
    ${t.distance===null?d:a.notes.map(i=>p`<p class="hint">${o.words(i)}</p>`)}
  `}function Ge(e,t){let{app:a,slice:o,people:n}=e,{t:r}=a;return p`
    <form class="naming" @submit=${async s=>{s.preventDefault();let c=s.target,l=new FormData(c);await e.name(t,String(l.get("name")),String(l.get("consent")))&&c.reset()}}>
      <h3>${r("Keep this face under a name")}</h3>
      <label><span>${r("Name")}</span><input name="name" required maxlength="200" autocomplete="off" spellcheck="false" list="${a.id}-people" /></label>
      <datalist id="${a.id}-people">${(n?.value?.people??[]).map(({name:s})=>p`<option value=${s}></option>`)}</datalist>
      <label><span>${r("How the person agreed")}</span><input name="consent" maxlength="500" autocomplete="off" placeholder=${r("asked on Friday, said yes")} aria-describedby="${a.id}-consent" /></label>
      <p class="hint" id="${a.id}-consent">${r("A new person needs this note: 128 numbers of a face are biometric data.")}</p>
      <button ?disabled=${o.busy==="add"}>${r("Keep")}</button>
      ${x(e,"name")}
    </form>
  `}var O=6,Je=40;function fe(e,t,a){let{app:o,session:n}=e,{t:r}=o;if(!t||!a)return d;let i=[t,a].map(l=>n.layers(l)),[s,c]=i.map(({value:l})=>l);return p`
    <h3>${r("Through the network")}</h3>
    <p>${r("Simple features first, then richer ones made of them, until one description is left. The channels that vary most on these two faces, in the same order left and right; each map goes from 0, black, to its largest value, white.")}</p>
    ${i.map((l,u)=>v(e,l,r("The faces pass through the network\u2026"),`layers ${[t,a][u].key}`))}
    ${s&&c?p`<ol class="stages">
          ${s.map((l,u)=>p`
              <li>
                <p>${Qe(r,l)} <span class="hint">${Xe(r,l,c[u])}</span></p>
                <div class="pair">
                  ${[t,a].map(({key:m})=>p`<canvas data-stage=${u} data-of=${m} role="img" aria-label=${r("{n} maps after stage {stage}",{n:O,stage:u+1})}></canvas>`)}
                </div>
              </li>
            `)}
        </ol>`:d}
  `}function Qe(e,{maps:{channels:t,height:a,width:o},reach:n}){let r={channels:t,height:a,width:o,reach:n};return n<150?e("{channels} maps of {height} \xD7 {width}: a value sees {reach} \xD7 {reach} pixels of the face",r):e("{channels} maps of {height} \xD7 {width}: a value may see the whole face",r)}function Xe(e,t,a){let o=se(t.maps,a.maps);return o===null?d:e("cosine similarity of all maps: {value}",{value:y(o)})}function Ye(e,t){let a=e.maps.deviation.map((o,n)=>o+t.maps.deviation[n]);return[...a.keys()].sort((o,n)=>a[n]-a[o]||o-n).slice(0,O)}function Ze(e){let t=Math.ceil(2*V()),a=e<O*Je*V()?O/2:O,o=Math.floor((e+t)/a)-t,n=O/a;return{columns:a,rows:n,gap:t,tileWidth:o,tileHeight:o,width:a*(o+t)-t,height:n*(o+t)-t}}function me(e,t,{session:a},o){let n=a.photographs().flatMap(s=>a.find(s).value?.faces??[]),r=[...e.querySelectorAll("canvas[data-stage]")],i=({dataset:s})=>{let c=n.find(({key:l})=>l===s.of);return c?a.layers(c).value?.[Number(s.stage)]??null:null};for(let s of r){let c=r.filter(({dataset:S})=>S.stage===s.dataset.stage),[l,u]=c.map(i),m=i(s);if(!l||!u||!m)continue;let w=Math.floor(s.parentElement.clientWidth/2-8)*V();t.paint(s,`${c.map(({dataset:S})=>S.of)} ${w} ${o}`,()=>re(s,Ze(w),m.maps,Ye(l,u),{palette:"auto",scale:"map",theme:o}))}}function et(e,t){let a=Float64Array.from(e,(r,i)=>r-t[i]),o=a.map(r=>r*r),n=o.reduce((r,i)=>r+i,0);return{one:e,two:t,differences:a,squares:o,sum:n,distance:Math.sqrt(n)}}function $e(e,t){return e.flatMap(o=>t.map(n=>et(o,n))).reduce((o,n)=>o&&o.distance<=n.distance?o:n,null)}var H=({squares:e},t)=>[...e.keys()].sort((a,o)=>e[o]-e[a]||a-o).slice(0,t),ge=({squares:e,sum:t},a)=>t>0?a.reduce((o,n)=>o+e[n],0)/t:0;var M=128,tt=5,ve=40;function be({app:e,change:t,slice:a},o){let{t:n}=e,r=H(o,tt),i=a.number??r[0],s=ge(o,H(o,10));return p`
    <h3>${n("The 128 numbers")}</h3>
    ${ot(n,o,i,c=>t({number:c}),()=>e.store.state.faces.number??r[0])}
    <p class="legend"><span>${ye(o,-1)}</span><span class="ramp"></span><span>${ye(o,1)}</span></p>
    <p class="read" aria-hidden="true">${ke(n,o,i)}</p>
    <p>${n("The 128 squares add up to {sum}; the root of that is the distance, {distance}.",{sum:o.sum.toFixed(4),distance:o.distance.toFixed(3)})}</p>
    <p>${n("Ten of the 128 make up {share} % of the sum. The numbers that differ most:",{share:Math.round(100*s)})}
      ${r.map(c=>p`<button class="quiet" aria-pressed=${c===i} @click=${()=>t({number:c})}>${c+1}</button>`)}</p>
    <p class="hint">${n("No single number means \u201Cnose\u201D or \u201Cage\u201D: the network was trained so that only all of them together tell people apart.")}</p>
    ${at(n,o)}
  `}function ot(e,t,a,o,n){let r=s=>{let{left:c,width:l}=s.currentTarget.getBoundingClientRect();o(we(Math.floor((s.clientX-c)/l*M)))},i=s=>{let c=n(),l={ArrowRight:c+1,ArrowUp:c+1,ArrowLeft:c-1,ArrowDown:c-1,PageUp:c+10,PageDown:c-10,Home:0,End:M-1}[s.key];l!==void 0&&(s.preventDefault(),s.stopPropagation(),o(we(l)))};return p`
    <div class="strips" ${b({"--at":((a+.5)/M).toFixed(5)})}>
      ${[["one",e("face one")],["two",e("face two")],["differences",e("difference")],["squares",e("squares")]].map(([s,c])=>p`<p>${c}</p><canvas data-strip=${s} width=${M} height=${s==="squares"?ve:1} aria-hidden="true"></canvas>`)}
      <div
        class="reader" role="slider" tabindex="0" aria-label=${e("number of the description")} aria-valuemin="1" aria-valuemax=${M} aria-valuenow=${a+1}
        aria-valuetext=${ke(e,t,a)} @pointermove=${r} @pointerdown=${r} @keydown=${i}
      ></div>
    </div>
  `}var we=e=>Math.min(Math.max(e,0),M-1),ke=(e,{one:t,two:a,differences:o,squares:n,sum:r},i)=>e("number {n}: {one} less {two} is {difference}; squared {square}, {share} % of the sum",{n:i+1,one:y(t[i]),two:y(a[i]),difference:y(o[i]),square:y(n[i]),share:(r>0?100*n[i]/r:0).toFixed(1)}),ye=(e,t)=>y(t*xe(e)),xe=({one:e,two:t,differences:a})=>Math.max(...[...e,...t,...a].map(Math.abs));function at(e,{one:t,two:a,differences:o,squares:n,sum:r,distance:i}){return p`
    <details class="all">
      <summary>${e("All 128 as a table: the squares add up exactly")}</summary>
      <div class="wide" tabindex="0" role="region" aria-label=${e("The 128 numbers")}>
        <table class="numbers">
          <thead><tr><th scope="col">${e("place")}</th><th scope="col">${e("face one")}</th><th scope="col">${e("face two")}</th><th scope="col">${e("difference")}</th><th scope="col">${e("square")}</th></tr></thead>
          <tbody>${Array.from({length:M},(s,c)=>p`<tr><th scope="row">${c+1}</th><td>${y(t[c])}</td><td>${y(a[c])}</td><td>${y(o[c])}</td><td data-square>${R(n[c])}</td></tr>`)}</tbody>
          <tfoot>
            <tr><th scope="row" colspan="4">${e("sum")}</th><td data-sum>${R(r)}</td></tr>
            <tr><th scope="row" colspan="4">${e("its root, the distance")}</th><td data-root>${R(i)}</td></tr>
          </tfoot>
        </table>
      </div>
    </details>
  `}function Me(e,t,a){if(!t)return;let o=J(a.theme);for(let n of e.querySelectorAll("canvas[data-strip]")){let r=n.dataset.strip,i=A(n);i.clearRect(0,0,n.width,n.height);let s=Math.max(...t.squares);t[r].forEach((c,l)=>{i.fillStyle=r==="squares"?a.soft:`rgb(${Y(o,Q(c,xe(t)))})`;let u=r==="squares"?ve*X(c,0,s)/255:1;i.fillRect(l,n.height-u,1,u)})}}function Fe(e){let{app:t,face:a,change:o}=e,{t:n}=t;if(!a)return d;let r=Ae(e),[i,s]=qe(e,r),c=Te(e,i,s);return p`
    <section class="near" aria-label=${n("Why are two faces near or far?")}>
      <h2>${n("Why are two faces near or far?")}</h2>
      <div class="pair">
        ${Se(e,r,i,n("First face"),l=>o({one:l}))}
        ${s?Se(e,r,s,n("Second face"),l=>o({two:l})):p`<p class="hint">${n("For a second face, open another photograph or keep somebody under a name.")}</p>`}
      </div>
      ${c.waits}
      ${c.apart&&s?st(e,c.apart,i,s):d}
    </section>
  `}function st(e,t,a,o){let{app:n,found:r,who:i}=e,{t:s}=n,c=i?.value?.accepted??r?.value?.published??0,l=i?.value?.doubted??c,u=k(t.distance);return p`
    <p class="answer" data-distance=${t.distance}>${u}</p>
    <p>${t.distance<=c?s("Nearer than the threshold: two photographs of one person mostly are."):s("Farther than the threshold: two photographs of one person mostly are nearer.")} <span class="hint">${s("Neither is a proof.")}</span></p>
    ${P(s,{accepted:c,doubted:l},[{at:t.distance,label:s("distance")}])}
    ${fe(e,a.face,o.face)}
    ${be(e,t)}
  `}function Ae({app:{t:e},session:t,people:a}){return[...t.photographs().flatMap(n=>t.find(n).value?.faces??[]).map(n=>({key:n.key,face:n,label:`${n.photo.title}${e(", ")}${e("face {n}",{n:n.index+1})}`})),...(a?.value?.people??[]).map(({name:n})=>({key:`person ${n}`,face:null,label:e("{name}, as kept",{name:n})}))]}function qe({slice:e,face:t},a){let o=c=>a.find(l=>l.key===c),n=o(t?.key??null)??a[0],r=o(e.one)??n,i=a.filter(c=>c.key!==r.key),s=i.filter(c=>c.face&&c.face.photo!==t?.photo);return[r,o(e.two)??s.at(-1)??i[0]??null]}function Oe(e){let t=Ae(e);return e.face?Te(e,...qe(e,t)).apart:null}function Te(e,t,a){if(!a)return{apart:null,waits:d};let o=[t,a].map(({face:i,key:s})=>i?null:e.session.kept(s.slice(7),e.slice.version)),n=[t,a].map(({face:i},s)=>i?[i.numbers]:o[s]?.value??[]),r=o.map((i,s)=>i?v(e,i,e.app.t("Reading the gallery\u2026"),`kept ${[t,a][s].key.slice(7)}`):d);return{apart:$e(n[0],n[1]),waits:r}}function Se({app:{t:e}},t,a,o,n){return p`
    <figure>
      <label><span>${o}</span>
        <select @change=${r=>n(r.target.value)}>
          ${t.map(r=>p`<option value=${r.key} ?selected=${r.key===a.key}>${r.label}</option>`)}
        </select>
      </label>
      ${a.face?p`<canvas data-chip=${a.key} width=${a.face.side} height=${a.face.side} role="img" aria-label=${e("the face upright, {n} \xD7 {n} pixels",{n:a.face.side})}></canvas>`:p`<p class="numbers-only">${e("Of people who are kept there is no photograph: only 128 numbers for each that was added.")}</p>`}
    </figure>
  `}function Ne(e,t,{session:a}){let o=a.photographs().flatMap(n=>a.find(n).value?.faces??[]);for(let n of e.querySelectorAll("canvas[data-chip]")){let r=o.find(({key:i})=>i===n.dataset.chip);r&&t.paint(n,r.key,()=>A(n).drawImage(W(r.chip,r.side,r.side),0,0))}}function Re(e){let{app:t,people:a,save:o,slice:n}=e,{t:r}=t;if(!a)return d;let i=a.value?.people??[];return p`
    <section aria-label=${r("People who are kept")}>
      <h2>${r("People who are kept")}</h2>
      ${v(e,a,r("Reading the gallery\u2026"),"people")}
      ${a.value&&!i.length?p`<p class="hint">${r("Nobody yet.")}</p>`:d}
      <ul class="people">${i.map(s=>nt(e,s))}</ul>
      ${i.length?p`
            <p><button ?disabled=${n.busy==="export"} @click=${o}>${r("Export as JSON")}</button></p>
            <p class="hint">${r("kept in")} <code>${a.value?.path}</code></p>
          `:d}
      ${x(e,"people")}
    </section>
  `}function nt({app:e,slice:t,change:a,remove:o},{name:n,photographs:r,consent:i,time:s}){let{t:c}=e,l=t.removing===n;return p`
    <li>
      <p><b>${n}</b> <small>${r===1?c("one photograph"):c("{n} photographs",{n:r})}${c(", ")}${s.slice(0,10)}</small></p>
      <p class="hint">${i}</p>
      ${l?p`<p>${c("Remove {name} for good?",{name:n})}
            <button class="sure" @click=${()=>o(n)}>${c("Yes, remove")}</button>
            <button class="quiet" @click=${()=>a({removing:null})}>${c("Do not remove")}</button></p>`:p`<button class="quiet remove" aria-label=${c("Remove {name}",{name:n})} @click=${()=>a({removing:n})}>${c("Remove")}</button>`}
    </li>
  `}function Ve(e){let{app:t,session:a,change:o,slice:n}=e,{t:r}=t,i=c=>{c.target.open&&o({card:!0})},s=n.card?a.card():null;return p`
    <details class="card" @toggle=${i}>
      <summary>${r("Model card: what these networks are, and what they cannot do")}</summary>
      ${s?v(e,s,r("Reading the card\u2026"),"card"):d}
      <dl>${(s?.value??[]).map(([c,l])=>p`${t.words(c)?p`<dt>${t.words(c)}</dt>`:d}<dd>${t.words(l)}</dd>`)}</dl>
    </details>
  `}var C=128;function We(e,{facts:t,bytes:a}){let{side:o,published:n}=t,r=_(a[1]),i=o*o*3;return{faces:t.faces.map((c,l)=>({...c,key:`photo ${e.id} ${l}`,photo:e,index:l,side:o,chip:a[0].subarray(l*i,(l+1)*i),numbers:r[l]})),published:n}}function _(e){let t=new Float32Array(e.slice().buffer);return Array.from({length:t.length/C},(a,o)=>t.subarray(o*C,(o+1)*C))}var Pe=({facts:e,bytes:t})=>ne(e.layers,e.statistics,t.slice(0,-1),t[t.length-1]).map((a,o)=>({maps:a,reach:e.layers[o].reach}));var rt=8,it=1600;function Be(e,t){let a=ce(t),o=e.host.ask.bind(e.host),n=new Map,r=0,i=({height:s,width:c})=>({height:s,width:c});return{questions:a,photographs:()=>[...n.values()],photograph:s=>n.get(s??-1)??null,async take(s,c){let{facts:l,bytes:u}=await o("picture.read",{name:c,longest:it},[new Uint8Array(await s.arrayBuffer())]),m={id:++r,title:c,height:l.height,width:l.width,rgb:u[0],notes:l.notes};n.set(m.id,m);for(let w of[...n.keys()].slice(0,-rt))this.forget(w);return m},forget(s){n.delete(s),a.forget(c=>c.endsWith(` ${s}`)||c.startsWith(`layers photo ${s} `))},find:s=>a.of(`find ${s.id}`,"",async c=>We(s,await o("faces.find",i(s),[s.rgb],c))),who:(s,c)=>a.of(`who ${s.id}`,String(c),async l=>(await o("faces.who",i(s),[s.rgb],l)).facts),people:s=>a.of("people",String(s),async c=>(await o("faces.people",{},[],c)).facts),kept:(s,c)=>a.of(`kept ${s}`,String(c),async l=>_((await o("faces.person",{name:s},[],l)).bytes[0])),card:()=>a.of("card","",async s=>(await o("faces.card",{},[],s)).facts.rows),layers:s=>a.of(`layers ${s.key}`,"",async c=>Pe(await o("faces.layers",{},[s.chip.slice()],c))),add:async({photo:s,index:c},l,u)=>(await o("faces.add",{...i(s),face:c,name:l,consent:u},[s.rgb])).facts,remove:async s=>(await o("faces.remove",{name:s})).facts,export:()=>o("faces.export")}}function Oo(e,t){let{recipe:a,stage:o,explain:n}=G(e,t,{recipe:"Photographs",explain:"Who is it"}),r=()=>t.store.state.faces,i=f=>t.store.change("faces",f),s=Be(t,()=>i({tick:r().tick+1})),c=ie(),l=null,u=async(f,h,$)=>{i({busy:f,refused:null});try{return await $()}catch(g){let F=z(g);return i({refused:{at:h,refusal:F}}),t.tell(t.words(F.words)),null}finally{i({busy:null})}},m=async(f,h)=>{let $=await u("read","photograph",()=>s.take(f,h));$&&i({shown:$.id,face:0,one:null,two:null,number:null})},w=(f,h)=>t.tell(h.length?`${f}${t.t(": ")}${h.map(t.words).join(t.t("; "))}`:f),S=(f,h)=>{i({version:r().version+1,removing:null}),w(h,f)},Ee=async(f,h,$)=>{let g=await u("add","name",()=>s.add(f,h,$));return g&&S(g.notes,g.new?t.t("{name} is kept",{name:g.name}):t.t("this photograph of {name} was kept already",{name:g.name})),!!g},De=async f=>{let h=await u("remove","people",()=>s.remove(f));h?S(h.notes,t.t("{name} is removed",{name:h.name})):i({version:r().version+1})},He=async()=>{let f=await u("export","people",s.export);f&&(ae(new Blob([f.bytes[0]],{type:"application/json"}),"faces.json"),w(t.t("faces.json is saved"),f.facts.notes))},j=f=>{let h=s.photograph(f.shown),$=h&&s.find(h),g=h&&$?.value?.faces.length?s.who(h,f.version):null,F=$?.value?.faces[f.face]??null;return{app:t,slice:f,session:s,change:i,photo:h,found:$,who:g,people:s.people(f.version),face:F,take:m,name:Ee,remove:De,save:He}},I=f=>{let h=r(),$=(j(h).found?.value?.faces.length??1)-1;i({face:Math.min(Math.max(h.face+f,0),Math.max($,0)),one:null,two:null,refused:null})},Ce=K(e,t,"faces",m),L=new ResizeObserver(()=>t.store.state.tab==="faces"&&i({tick:r().tick+1}));return L.observe(o),{draw({faces:f}){if(t.host.kind==="alone")return T(pt(t),o);let h=j(f);T(ct(h),a),T(h.photo?[he(h),Fe(h)]:pe(h),o),T([ue(h),Re(h),Ve(h)],n);let $=Z(e);for(let F of[a,o])de(F,c,h);Ne(o,c,h),me(o,c,h,$.theme),Me(o,Oe(h),$);let g=h.photo===l?"":lt(h);g&&t.tell(g),l=g?h.photo:l},keys:{"[":()=>I(-1),"]":()=>I(1)},help:[["[ ]",t.t("the face before, the face after")]],hide(){},show(){},destroy(){Ce(),L.disconnect(),s.questions.close(),c.destroy()}}}function ct(e){let{app:t,session:a,slice:o,change:n}=e,{t:r}=t,i=a.photographs();return p`
    <h2>${r("Photographs")}</h2>
    <p>${N(e,r("Open a photograph"))}</p>
    <p class="hint">${r("Or drop or paste it anywhere here. It stays in the memory of this page until you close it.")}</p>
    <ul class="held">
      ${i.map(({id:s,title:c,height:l,width:u})=>p`<li>
          <button aria-current=${s===o.shown} @click=${()=>n({shown:s,face:0,one:null,two:null,refused:null})}>
            <canvas data-photo=${s} width=${Math.round(96*u/Math.max(l,u))} height=${Math.round(96*l/Math.max(l,u))} aria-hidden="true"></canvas>
            <span>${c}</span>
          </button>
        </li>`)}
    </ul>
  `}function lt(e){let{app:t,photo:a,found:o,who:n}=e;if(!a||!o?.value||n?.state==="asking")return"";let r=`${a.title}${t.t(": ")}${D(e,o.value.faces.length)}`,i=n?.value?.faces??[],s=i.length===1?i:i.filter(({answer:c})=>c==="name");return s.length?`${r}${t.t(": ")}${s.map(c=>q(e,c)).join(t.t(", "))}`:r}var pt=({t:e})=>p`<div class="invitation">
  <h2>${e("Faces need Python")}</h2>
  <p>${e("This page was opened from disk. On a machine with Kaiyan, run:")}</p>
  <pre>pip install 'kaiyan[faces,studio]'
kaiyan studio</pre>
</div>`;export{Oo as mount};
/*! Bundled license information:

lit-html/directives/keyed.js:
  (**
   * @license
   * Copyright 2021 Google LLC
   * SPDX-License-Identifier: BSD-3-Clause
   *)
*/
