import{C as v,D as Z,Ea as nt,F as S,Fa as ot,Ga as at,Ha as O,N as B,O as tt,Q as et,R as st,a as c,b as X,c as L,d as b,m as D,p as M,v as E}from"./tabs-shared.mjs";import"./convolution-picture-sources-shared.mjs";function rt(t,s){let e=t.at(-1);return!e||e.rate!==s.rate||e.momentum!==s.momentum?[...t,s]:[...t.slice(0,-1),{...e,steps:e.steps+s.steps}]}var it=(t,s)=>t.flatMap(e=>Array.from({length:Math.ceil(e.steps/s)},(n,o)=>({...e,steps:Math.min(s,e.steps-o*s)}))),lt=(t,s)=>t.length<400?[...t,s]:[...t.filter((e,n)=>n%2===0),s];function _(t,s,e){let n=t.at(-1)?.step||1;return t.filter(o=>Number.isFinite(s(o))).map(o=>`${(100*o.step/n).toFixed(2)},${(100*(1-s(o)/e)).toFixed(2)}`).join(" ")}var T={least:5e-4,most:5},ct=t=>Math.log(t/T.least)/Math.log(T.most/T.least),ut=t=>Number((T.least*(T.most/T.least)**t).toPrecision(2));var U=class extends at{last=null;constructor(s){if(super(s),s.type!==nt.ELEMENT)throw new Error("painted() stands in a tag, not in an attribute")}update({element:s},[e]){let{last:n}=this;return this.last=e,(n?.values!==e.values||n.most!==e.most||n.theme!==e.theme)&&Ot(s,e),L}render(s){return L}},P=ot(U),Et={light:B("light"),dark:B("dark")};function Ot(t,{values:s,height:e,width:n,most:o,tone:a,theme:u}){t.width!==n&&(t.width=n),t.height!==e&&(t.height=e);let r=a==="signed"?Et[u]:tt,i=new ImageData(n,e);for(let l=0;l<n*e;l++){let d=a==="signed"?et(s[l],o):st(s[l],0,o);i.data.set(It(r,a==="ink"?255-d:d),4*l)}t.getContext("2d").putImageData(i,0,0)}var It=(t,s)=>t.subarray(4*s,4*s+4);var Wt=[8,16,32,64,128],Ft=[4,6,8,12,16];function dt({t},s,e){let{settings:n,told:o}=s.state;return c`
    <h2>${t("How it is trained")}</h2>
    <label class="slider">
      <span>${t("Learning rate")} <code>lr</code></span>
      <input type="range" min="0" max="1" step="0.01" .value=${String(ct(n.rate))} @input=${a=>s.set({rate:ut(C(a))})} />
      <output>${v(n.rate)}</output>
    </label>
    <label class="slider">
      <span>${t("Momentum")} <code>momentum</code></span>
      <input type="range" min="0" max="0.99" step="0.01" .value=${String(n.momentum)} @input=${a=>s.set({momentum:C(a)})} />
      <output>${v(n.momentum)}</output>
    </label>
    <p class="how">${t("These two hold from the next step on; the others begin anew.")}</p>
    <div class="settings">
      <label>${t("Seed")} <input type="number" min="0" max="4294967295" step="1" .value=${String(n.seed)} @change=${a=>Rt(s,a)} /></label>
      ${I(t("Pictures a step"),Wt,n.batch,a=>s.set({batch:a}))}
      ${I(t("First kernels"),Ft,n.width,a=>s.set({width:a}))}
    </div>
    ${o&&Nt(t,s,e)}
  `}var C=t=>Number(t.target.value);function Rt(t,s){let e=s.target,n=e.checkValidity()&&e.value!=="";e.setAttribute("aria-invalid",String(!n)),n&&t.set({seed:Number(e.value)})}var I=(t,s,e,n)=>c`
  <label>
    ${t}
    <select @change=${o=>n(C(o))}>
      ${s.map(o=>c`<option value=${o} ?selected=${o===e}>${o}</option>`)}
    </select>
  </label>
`;function Nt(t,{state:s},e){let{shown:n,pictures:o,held:a}=s.told,u=s.numbers?.shares??new Float32Array(10*n.length);return c`
    <h2>${t("Held-out pictures")}</h2>
    <p class="how">${t("{n} of the {held} that it does not learn from, and what it takes each for. Press one to look at it.",{n:n.length,held:a})}</p>
    <ul class="digits">
      ${n.map((r,i)=>{let l=j(u.subarray(10*i,10*i+10)),d=W(o,i);return c`<li>${K(d,{label:q(t,r,l),isWrong:l!==r,says:l===r?`${l}`:`${l} \u2717`,look:()=>e.look(d,r)})}</li>`})}
    </ul>
  `}var j=t=>Array.from(t).reduce((s,e,n,o)=>e>o[s]?n:s,0),q=(t,s,e)=>s===e?t("a {digit}, taken for a {answer}: right",{digit:s,answer:e}):t("a {digit}, taken for a {answer}: wrong",{digit:s,answer:e}),H=new WeakMap;function W(t,s){return H.has(t)||H.set(t,Array.from({length:t.length/64},(e,n)=>t.slice(64*n,64*n+64))),H.get(t)[s]}var K=(t,{label:s,isWrong:e,says:n,look:o})=>c`
  <button class="quiet ${e?"wrong":""}" aria-label=${s} title=${s} @click=${o}>${F(t)}<span>${n}</span></button>
`,F=t=>c`<canvas class="digit" ${P({values:t,height:8,width:8,most:16,tone:"ink",theme:"light"})}></canvas>`;var G=()=>new Uint8Array(1024);function mt(t,s,e,n){let o=t.slice(),[a,u]=[e[0]-s[0],e[1]-s[1]],r=a*a+u*u;for(let i=0;i<o.length;i++){let[l,d]=[Math.floor(i/32)+.5-s[0],i%32+.5-s[1]],h=r?Math.min(Math.max((l*a+d*u)/r,0),1):0;Math.hypot(l-h*a,d-h*u)<=2.5&&(o[i]=n)}return o}var ft=([t,s],e,n)=>[pt(t+e),pt(s+n)],pt=t=>Math.min(Math.max(t,0),32),ht=t=>!t.includes(1);var R=2,gt={ArrowUp:[-R,0],ArrowDown:[R,0],ArrowLeft:[0,-R],ArrowRight:[0,R]};function $t(t,s){let e=[32/2,32/2],n=!1,o=!1,a=null,u=()=>t.store.change("train",{}),r=()=>t.tell(t.t(n?"Pen down, row {row}, column {column}":"Pen up, row {row}, column {column}",{row:e[0],column:e[1]})),i=({clientX:p,clientY:f,currentTarget:y})=>{let A=y.getBoundingClientRect();return[(f-A.top)/A.height*32,(p-A.left)/A.width*32]},l=()=>o?0:1,d=p=>{p.button===0&&(p.currentTarget.setPointerCapture(p.pointerId),a=i(p),s.draw(a,a,l()))},h=p=>{if(!a)return;let f=i(p);s.draw(a,f,l()),a=f},$=()=>{a=null},g=([p,f])=>{let y=e;e=ft(e,p,f),n&&s.draw(y,e,l()),r(),u()},w=()=>{n=!n,n&&s.draw(e,e,l()),r(),u()},k=()=>{n=!1,s.clear(),t.tell(t.t("The field is empty"))},m=p=>{let{key:f}=p;if(!(p.ctrlKey||p.metaKey||p.altKey)){if(f in gt)g(gt[f]);else if(f===" "||f==="Enter")w();else if(f==="Delete"||f==="Backspace")k();else return;p.preventDefault()}};return{view(){let{t:p}=t,f={"--row":`${100*e[0]/32}%`,"--column":`${100*e[1]/32}%`};return c`
        <div class="field ${n?"down":""}" ${O(f)}>
          <canvas
            tabindex="0"
            role="application"
            aria-label=${p("A field to draw a digit: arrow keys move the pen, Space puts it down or lifts it, Delete empties the field")}
            @pointerdown=${d} @pointermove=${h} @pointerup=${$} @pointercancel=${$} @keydown=${m}
            ${P({values:s.state.drawing,height:32,width:32,most:1,tone:"ink",theme:"light"})}
          ></canvas>
          <i aria-hidden="true"></i>
        </div>
        <div class="acts">
          <button aria-pressed=${o} @click=${()=>(o=!o,u())}>${p("Rub out")}</button>
          <button @click=${k}>${p("Empty")}</button>
        </div>
      `}}}var Y=25;function yt(t,{state:s,play:e,pause:n,step:o,restart:a,hurry:u}){let{t:r}=t,{isPlaying:i,isAsking:l,told:d,standing:h,refusal:$,pace:g}=s;return c`
    <div class="acts">
      <button class="play" ?disabled=${!d} @click=${()=>i?n():e()}>${r(i?"Pause training":"Train on")}</button>
      <button ?disabled=${!d} @click=${o}>${r("One step")}</button>
      <button @click=${a}>${r("Begin anew")}</button>
      ${d&&I(r("Steps at a time"),[1,5,d.epoch],g,u)}
    </div>
    ${d&&h?c`<p class="standing">${r("Step {step}, {epoch} times through {learned} pictures; of those held out {right} of {held} are told right.",{step:S(h.step),epoch:h.epoch,learned:S(d.learned),right:h.held.right,held:h.held.pictures})}</p>`:c`<p class="standing">${l?r("Python is fetching the digits\u2026"):b}</p>`}
    ${$&&c`<div class="refused" role="alert">${E(t,$)}</div>`}
  `}function kt({t,root:s},{state:e},n,o){let{numbers:a,standing:u,told:r}=e;if(!a||!u||!r)return b;let i=s.dataset.theme==="dark"?"dark":"light",l=Bt(a),[d,h]=[wt(a.now),wt(a.start)],$=g=>P({values:g,height:5,width:5,most:l,tone:"signed",theme:i});return c`
    <h2>${t("The first kernels, from random numbers")}</h2>
    <div class="kernels">
      ${d.map((g,w)=>{let k=`${Math.round(100*u.moved[w])} %`;return c`
          <button class="quiet" aria-pressed=${w===n} title=${t("Read the numbers of kernel {n}",{n:w+1})} @click=${()=>o(w===n?-1:w)}>
            <canvas class="was" ${$(h[w])}></canvas><canvas class="now" ${$(g)}></canvas>
            <span>${t("{n}: moved {moved}",{n:w+1,moved:k})}</span>
          </button>
        `})}
    </div>
    <p class="ends"><span>${v(-l)}</span><i aria-hidden="true"></i><span>${v(l)}</span> <small>${t("small: at the start; large: now. How far it moved, beside its length at the start.")}</small></p>
    ${n in d?Lt(t,n,d[n]):b}
  `}function Lt(t,s,e){let n=Z([...e]);return c`
    <table class="taps">
      <caption>${t("Kernel {n}, now",{n:s+1})}</caption>
      <tbody>${[0,5,10,15,20].map(o=>c`<tr>${n.slice(o,o+5).map(a=>c`<td>${a}</td>`)}</tr>`)}</tbody>
    </table>
  `}var V=new WeakMap;function wt(t){return V.has(t)||V.set(t,Array.from({length:t.length/Y},(s,e)=>t.subarray(Y*e,Y*(e+1)))),V.get(t)}var Bt=({now:t,start:s})=>Math.max(...t.map(Math.abs),...s.map(Math.abs));function vt({t},{state:s}){let{points:e,standing:n}=s;if(!n)return b;let o=e.flatMap(({learned:a,held:u})=>[a.loss,u.loss]).filter(Number.isFinite);return c`
    <div class="curves">
      ${bt(t,t("Loss"),e,Math.max(...o,1e-9),({loss:a})=>a,({loss:a})=>v(a))}
      ${bt(t,t("Told right"),e,1,a=>a.right/a.pictures,a=>t("{right} of {all}",{right:S(a.right),all:S(a.pictures)}))}
    </div>
  `}function bt(t,s,e,n,o,a){let u=e.at(-1),r=n===1?"100 %":v(n);return c`
    <figure>
      <figcaption>
        <b>${s}</b> <span class="key learned">${t("learned from: {value}",{value:a(u.learned)})}</span> <span class="key held">${t("held out: {value}",{value:a(u.held)})}</span>
      </figcaption>
      <div class="plot">
        <span class="high">${r}</span><span class="low">0</span>
        <svg viewBox="0 0 100 100" preserveAspectRatio="none" aria-hidden="true">
          ${[25,50,75].map(i=>X`<path class="rule" d="M0 ${i}H100" />`)}
          <polyline class="learned" points=${_(e,({learned:i})=>o(i),n)} />
          <polyline class="held" points=${_(e,({held:i})=>o(i),n)} />
        </svg>
        <span class="last">${t("step {step}",{step:S(u.step)})}</span>
      </div>
    </figure>
  `}var _t={relu1:M("First convolution, ReLU"),pool1:M("Largest of each 2 \xD7 2"),relu2:M("Second convolution, ReLU"),pool2:M("Largest of each 2 \xD7 2 again"),relu3:M("Full layer, ReLU")};function St(t,{state:s,fit:e}){let{t:n}=t,{read:o,picture:a,refusal:u}=s;if(u)return c`<div class="refused" role="alert">${E(t,u)}</div>`;if(!o)return c`<p class="how">${n("Draw a digit: ten numbers say what the network takes it for, while it learns.")}</p>`;let r=j(o.shares);return c`
    <h2>${o.step?n("Taken for a {digit}: {share}",{digit:r,share:N(o.shares[r])}):n("Not trained yet: these numbers mean nothing")}</h2>
    ${a?b:Ut(n,o,e)}
    <ol class="bars">
      ${o.shares.map((i,l)=>c`<li class=${l===r?"best":""} ${O({"--share":String(i)})}><b>${l}</b><i aria-hidden="true"></i><span>${N(i)}</span></li>`)}
    </ol>
    <div class="smaller">
      <figure>${F(o.counts)}<figcaption>${a?n("held out: a {digit}",{digit:a.digit}):n("as the network gets it: ink in blocks of 4 \xD7 4")}</figcaption></figure>
      <figure>${F(o.nearest.counts)}<figcaption>${n("the nearest that it learns from: a {digit}",{digit:o.nearest.digit})}</figcaption></figure>
    </div>
  `}var N=t=>`${(100*t).toFixed(1)} %`,xt=({top:t,height:s})=>t<4&&t+s>28;function Ut(t,s,e){let{ink:n,nearest:o,usual:a,filled:u}=s,r={distance:v(o.distance),usual:v(a)},i=o.distance>a,l={from:n.top+1,to:n.top+n.height,filled:S(u),all:S(s.count)};return c`
    ${i?c`<p class="unlike">${t("Unlike all that it has seen: the nearest is {distance} away, and 99 % of the held-out pictures are within {usual}. What it answers is a guess.",r)}</p>`:b}
    ${xt(n)?b:c`<p class="unlike">
          ${t("Yours takes rows {from} to {to} of 32, and that alone may change the answer: {filled} of the data\u2019s {all} digits reach from the top block to the bottom.",l)}
          <button @click=${e}>${t("Fit it as theirs")}</button>
        </p>`}
    ${xt(n)&&!i?c`<p class="how">${t("Like the data: the nearest is {distance} away, and 99 % of the held-out pictures are within {usual}.",r)}</p>`:b}
  `}function J({t},{state:{read:s}}){return s?c`
    <h2>${t("What each layer makes of it")}</h2>
    <div class="layers">
      ${s.layers.map(e=>c`
        <figure>
          <figcaption>${t(_t[e.name])} <small>· ${e.shape.join(" \xD7 ")} · 0 … ${v(e.most)}</small></figcaption>
          <div class="maps ${e.name}">
            ${Ht(e).map(n=>c`<canvas ${P({values:n,height:e.shape[1]??1,width:e.shape[2]??1,most:e.most,tone:"grey",theme:"light"})}></canvas>`)}
          </div>
        </figure>
      `)}
    </div>
  `:b}var z=new WeakMap;function Ht({values:t,shape:[s]}){let e=t.length/s;return z.has(t)||z.set(t,Array.from({length:s},(n,o)=>t.subarray(e*o,e*(o+1)))),z.get(t)}var Ct=[0,1,2,3,4,5,6,7,8,9];function At(t,s,e){let{t:n}=t,o=null,a=!1,u=!1,r=async()=>{if(!(!a||u)){u=!0;try{let{facts:d,bytes:h}=await s.ask("digits.confusion",{});o={...d,pictures:h[0]},t.store.change("train",{})}catch(d){t.refuse(d)}finally{u=!1}}},i=d=>{a=d.target.open,r()};return{ask:r,view:()=>c`
      <details class="mistakes" @toggle=${i}>
        <summary>${n("Which digits are mistaken")}</summary>
        ${o?[jt(n,o),l(o)]:b}
      </details>
    `};function l({mistaken:d,pictures:h,wrong:$}){return c`
      <p class="how">${n("{wrong} are mistaken; the surest first:",{wrong:$})}</p>
      <ul class="digits">
        ${d.map(({digit:g,answer:w,share:k},m)=>c`<li>${K(W(h,m),{label:`${q(n,g,w)}, ${N(k)}`,isWrong:!0,says:`${g} \u2192 ${w}`,look:()=>e.look(W(h,m),g)})}</li>`)}
      </ul>
    `}}var jt=(t,{table:s})=>c`
  <div class="confusion">
    <table>
      <caption>${t("A row is what it is, a column what it is taken for.")}</caption>
      <thead><tr><td></td>${Ct.map(e=>c`<th scope="col">${e}</th>`)}</tr></thead>
      <tbody>
        ${s.map((e,n)=>c`<tr><th scope="row">${n}</th>${e.map((o,a)=>c`<td class=${o===0?"none":n===a?"right":"wrong"}>${o}</td>`)}</tr>`)}
      </tbody>
    </table>
  </div>
`;var qt={seed:0,rate:.02,momentum:.9,batch:32,width:8},Kt=500,Pt=20;function Mt(t,s){let e={settings:qt,pace:1,isPlaying:!1,isAsking:!1,told:null,standing:null,numbers:null,points:[],refusal:null},n=[],o=0,a=0,u=(m,p)=>{let[f,y,A]=p.map(Q);Object.assign(e,{standing:m,numbers:{now:f,start:y,shares:A},points:lt(e.points,m),refusal:null})},r=m=>{Object.assign(e,{refusal:D(m),isPlaying:!1}),t.tell(t.words(e.refusal.words))},i=async m=>{e.isAsking||(e.isAsking=!0,s(),await m().catch(r),e.isAsking=!1,s())},l=async()=>{let m=++o;n=[];let{facts:p,bytes:f}=await t.host.ask("digits.start",e.settings);m===o&&(e.told={...p,pictures:f[3]},e.points=[],u(p.standing,f))},d=async()=>{await t.host.ask("digits.start",e.told?.settings);for(let{steps:m,...p}of it(n,Kt))await t.host.ask("digits.advance",{steps:m,...p})},h=async(m,p,f)=>{try{return await t.host.ask(m,p,f)}catch(y){if(!e.told||y.refusal?.code!=="digits-none-begun")throw y;return await d(),t.host.ask(m,p,f)}},$=async()=>{let m=o,{rate:p,momentum:f}=e.settings,y={steps:e.pace,rate:p,momentum:f},{facts:A,bytes:Dt}=await h("digits.advance",y);m===o&&(n=rt(n,y),u(A,Dt))},g=async()=>{let m=++a,p=(Math.floor((e.standing?.epoch??0)/Pt)+1)*Pt;for(;e.isPlaying&&m===a;)await i($),await new Promise(requestAnimationFrame),(e.standing?.epoch??0)>=p&&k()},w=()=>{e.isPlaying||!e.told||(e.isPlaying=!0,g())},k=()=>{e.isPlaying=!1,s()};return{state:e,ask:h,play:w,pause:k,step:()=>(k(),i($)),set(m){e.settings={...e.settings,...m},"rate"in m||"momentum"in m?s():this.restart()},hurry(m){e.pace=m,s()},async restart(){let m=e.isPlaying;for(e.isPlaying=!1;e.isAsking;)await new Promise(requestAnimationFrame);await i(l),m&&w()}}}var Q=t=>new Float32Array(t.slice().buffer);function Tt(t,s){let e={drawing:G(),picture:null,read:null,refusal:null},n=!1,o=null,a=async i=>{let l=e.picture?.counts??e.drawing,d=e.picture?8:32,{facts:h,bytes:$}=await t.ask("digits.read",{height:d,width:d,...i},[l]);if(l!==(e.picture?.counts??e.drawing))return;let[g,w,k,...m]=$;i.fit&&(e.drawing=k);let p=h.layers.map((f,y)=>({...f,values:Q(m[y])}));Object.assign(e,{refusal:null,read:{...h,step:t.state.standing?.step??0,counts:g,nearest:{...h.nearest,counts:w},layers:p}})},u=()=>!e.picture&&ht(e.drawing),r=async(i={})=>{if(u()&&Object.assign(e,{read:null,refusal:null}),o=i,s(),!n){for(n=!0;o&&!u();){let l=o;o=null,await a(l).catch(d=>Object.assign(e,{read:null,refusal:D(d)})),s()}n=!1}};return{state:e,read:r,draw(i,l,d){return e.picture=null,e.drawing=mt(e.drawing,i,l,d),r()},clear(){return e.picture=null,e.drawing=G(),r()},fit:()=>r({fit:!0}),look(i,l){return e.picture={counts:i,digit:l},r()}}}var Gt=1280;function Ge(t){let s=-1,e=!1,n=!globalThis.matchMedia?.("(prefers-reduced-motion: reduce)").matches,o=-1,a=()=>t.root.clientWidth>=Gt,u=()=>t.store.change("train",{}),r=Mt(t,()=>{u();let g=r.state.standing?.step??-1;g!==o&&(o=g,i.read(),d.ask())}),i=Tt(r,u),l=$t(t,i),d=At(t,r,i),h=g=>{s=g,u()},$=g=>()=>void(r.state.told&&g());return{keys:{" ":$(()=>r.state.isPlaying?r.pause():r.play()),".":$(()=>void r.step()),r:$(()=>void r.restart())},recipe:()=>dt(t,r,i),view:()=>c`
      <div class="growth">
        ${yt(t,r)} ${kt(t,r,s,h)} ${vt(t,r)} ${a()?J(t,i):b} ${d.view()}
      </div>
    `,explain:()=>c`<h2>${t.t("Draw a digit yourself")}</h2>${l.view()}${St(t,i)}${a()?b:J(t,i)}`,async open(){e=!0,r.state.told||await r.restart(),e&&n&&r.play()},close(){e=!1,r.state.told&&(n=r.state.isPlaying),r.pause()}}}export{Ge as digits};
