import{a as $e,b as dt,c as ge,d as pt,e as ye,f as ft,g as j,h as mt,i as K,j as be,k as wt,l as V,m as ve,n as $t,o as ke,p as gt,q as xe,r as k,s as Me,t as nt,u as B,v as yt,w as U,x as Se,y as Oe,z as Ft}from"./network-maps-shared.mjs";import{a as Ct,b as zt}from"./stage-kernel-shared.mjs";import{b as we}from"./convolution-reading-shared.mjs";import{C as L,E as ut,La as pe,N as le,Pa as fe,a as p,d as b,e as S,f as ct,g as oe,h as X,ka as ht,na as ie,ob as me,ra as ce,sa as ue,ta as he,ua as qt,v as ae,wa as de,wb as tt,xb as et,y as re,z as se}from"./tabs-shared.mjs";import{a as Y}from"./convolution-picture-sources-shared.mjs";var D=256,Ae=new Map;function lt({pictures:t},e){let n=oe(e);if(!n)return t.called(e)??null;let o=Ae.get(e)??{name:e,title:n.title,height:D,width:D,rgb:fn(n)};return Ae.set(e,o),o}function fn({colour:t}){let e=new Uint8Array(D*D*3);for(let n=0;n<D*D;n++)e.set(t(Math.floor(n/D),n%D,D),3*n);return e}function Ee(t,{listed:e,name:n,network:o},a){let{t:r}=t,s=e.value??[],i=s.find(l=>l.name===n),c=o?.card??i?.card??[];return p`
    <label class="field">
      <span>${r("Network")}</span>
      <select ?disabled=${!s.length} @change=${l=>a(Te(l))}>
        ${s.map(l=>p`<option value=${l.name} ?selected=${l.name===n}>${t.words(l.title)}</option>`)}
        ${n&&!i?p`<option value=${n} selected>${n}</option>`:b}
      </select>
    </label>
    ${i?.needs?p`<p class="hint">${r("To open it:")} <code>${t.words(i.needs)}</code></p>`:b}
    ${c.length?mn(t,c,o?.input.normalised):b}
    ${wn(t,a)}
  `}function mn(t,e,n){return p`
    <details class="card">
      <summary>${t.t("Model card")}</summary>
      ${e.map(o=>p`<p>${t.words(o)}</p>`)}
      ${n?p`<p><small>${t.t("Input")}</small> ${t.words(n)}</p>`:b}
    </details>
  `}function wn(t,e){let{t:n}=t,o=a=>{a.preventDefault();let r=String(new FormData(a.target).get("zoo")??"").trim();r&&e(r)};return p`
    <details class="card">
      <summary>${n("Another network")}</summary>
      <form @submit=${o}>
        <label class="field">
          <span>${n("from torchvision or timm, by name")}</span>
          <input name="zoo" placeholder="torchvision:resnet18" spellcheck="false" autocomplete="off" />
        </label>
        <button>${n("Open")}</button>
      </form>
      <p class="hint">${n("Your own:")} <code>kaiyan studio --model file.py:factory</code></p>
    </details>
  `}function bt(t,e,n,{choose:o,file:a,error:r}){let{t:s}=t,i=d=>{d?.[0]&&a(d[0],d[0].name)},c=d=>{d.preventDefault(),Rt(d,!1),i(d.dataTransfer?.files)},l=e[n],u=l&&l!==X&&!ct.some(d=>d.name===l)?lt(t,l):null,h=s(n==="picture"?"Picture":"Second picture");return p`
    <div class="drop" @dragover=${d=>Rt(d,!0)} @dragleave=${d=>Rt(d,!1)} @drop=${c}>
      <label class="field">
        <span>${h}</span>
        <select @change=${d=>o(Te(d))}>
          ${l?b:p`<option selected disabled>${s("none yet")}</option>`}
          ${u?p`<option value=${u.name} selected>${u.title}</option>`:b}
          <option value=${X} ?selected=${l===X}>${s("the photograph")}</option>
          ${ct.map(d=>p`<option value=${d.name} ?selected=${l===d.name}>${s(d.title)}</option>`)}
        </select>
      </label>
      <p class="hint">
        <label class="file">
          <input class="unseen" type="file" accept="image/*" aria-label=${s("Choose a file")} @change=${d=>i(d.target.files)} />
          <span>${s("Your own\u2026")}</span>
        </label>
        ${s("or drop or paste one here")}
      </p>
      ${r?P(t,r):b}
    </div>
  `}function Rt(t,e){t.preventDefault(),t.currentTarget.classList.toggle("over",e)}function P(t,e,n=null){return p`
    <div class="refused" role="alert">
      ${ae(t,e)}
      ${n?p`<button @click=${n}>${t.t("Try again")}</button>`:b}
    </div>
  `}var vt=(t,e,n)=>p`
  <div class="waiting" role="status">
    <canvas class="preview" aria-hidden="true"></canvas>
    <p>${e}</p>
    <button @click=${n}>${t.t("Cancel")}</button>
  </div>
`,Te=t=>t.target.value;var Ht={};Y(Ht,{bars:()=>Dt,paint:()=>vn,view:()=>bn});var $n=112;function It(t,e,{height:n,width:o},[a,r]){let s=$n*k()/Math.max(n,o),[i,c]=[Math.round(o*s),Math.round(n*s)];yt(t,i,c);let l=B(t);l.clearRect(0,0,i,c),l.drawImage(U(e.input,n,o),r*s,a*s,i,c)}function Le({status:t,which:e,views:n},o,{channel:a,row:r,column:s}){let i=n[e?.[a]??0];if(t==="unknown"||!i)return null;let c=2*(o+s);return i[2*r]<0||i[c]<0?null:{rows:[i[2*r],i[2*r+1]],columns:[i[c],i[c+1]]}}function J(t,{height:e,width:n}){let o=(a,r)=>Math.min(Math.max(a,0),r-1);return{rows:[o(t.rows[0],e),o(t.rows[1],e)],columns:[o(t.columns[0],n),o(t.columns[1],n)]}}function Wt(t,e,n){let o=e[2]/n.height,a=e[3]/n.width;return[e[0]+t.rows[0]*o,e[1]+t.columns[0]*a,(t.rows[1]-t.rows[0]+1)*o,(t.columns[1]-t.columns[0]+1)*a]}var Ne=({rows:t,columns:e})=>[t[1]-t[0]+1,e[1]-e[0]+1],Vt=(t,e,n)=>Math.min(n-1,Math.floor((t+.5)/e*n));function C(t,{kind:e,kernel:n,groups:o,channels:a,sum:r}){if(n&&r==="conv"){let s=n.join(" \xD7 ");return o&&o>1?t(o===a?"{window} depthwise":"{window} in {groups} groups",{window:s,groups:o}):`${s} ${/transpose/i.test(e)?t("transposed"):t("conv")}`}return r==="norm"?t("norm"):r==="add"?t("add"):e}function Pe(t,{layer:e,channel:n,row:o,column:a},r,s,i){let c={layer:e,channel:n,row:o,column:a,value:i};if(!r)return t("Layer {layer}, channel {channel}, row {row}, column {column}: {value}",c);let{rows:l,columns:u}=J(r,s);return t("Layer {layer}, channel {channel}, row {row}, column {column} sees rows {top}\u2013{bottom}, columns {left}\u2013{right} of the picture: {value}",{...c,top:l[0],bottom:l[1],left:u[0],right:u[1]})}function z(t){let e=100*t;return e>0&&e<.1?"< 0.1\u202F%":`${e>=10||e===0?Math.round(e):e.toFixed(1)}\u202F%`}function qe(t,e){if(t===0||e===0)return L(t);let n=Math.max(0,Math.ceil(-Math.log10(e/255)));return L(Number(t.toFixed(Math.min(20,n))))}var gn=[["\u2196",-1,-1],["\u2191",-1,0],["\u2197",-1,1],["\u2190",0,-1],["\xB7",0,0],["\u2192",0,1],["\u2199",1,-1],["\u2193",1,0],["\u2198",1,1]],Ce=32,yn=[["same","TensorFlow"],["same_lower","ONNX"],["torch","PyTorch"]];function bn(t){let{app:e,look:n,network:o}=t;return n.top?p`
    <h2>${e.t("What is in the picture?")}</h2>
    ${Dt(t,n.top,null)}
    <p class="hint">${o.trained?e.t("It knows {n} classes and always answers with one of them. If none of them is in the picture, it names what looks most like it.",{n:o.layers[o.layers.length-1].channels}):e.t("If this network was not trained, its predictions mean nothing.")}</p>
    ${kn(t)} ${On(t)}
  `:p`<p>${e.t("This network does not predict classes. Look at its feature maps instead.")}</p>`}function vn(t,e){let n=t.querySelector("canvas.moved");n&&It(n,e.look,e.network.input,e.slice.shift)}function Dt({app:t},e,n){let o=new Map(n?.map(({name:a,p:r})=>[a.en,r]));return p`
    <ol class="answers">
      ${e.map(({name:a,p:r})=>{let s=o.get(a.en);return p`
          <li data-part=${r.toFixed(4)} data-was=${s===void 0?b:s.toFixed(4)}>
            <span class="name">${t.words(a)}</span>
            <span class="p">${s===void 0?b:p`<small>${z(s)} →</small>`} ${z(r)}</span>
            <span class="bar" aria-hidden="true"></span>
          </li>
        `})}
    </ol>
  `}function kn(t){let{app:e,slice:n,change:o}=t,{t:a}=e,[r,s]=n.shift,i=r||s?t.session.about("moved",t.look,{slot:0,down:r,right:s}):null,c=(l,u)=>o({shift:l||u?[kt(r+l),kt(s+u)]:[0,0]});return p`
    <h3>${a("Move the picture by a pixel")}</h3>
    <div class="move">
      <div class="ways" role="group" aria-label=${a("Move the picture by a pixel")}>
        ${gn.map(([l,u,h])=>p`<button aria-label=${ze(a,u,h)} title=${ze(a,u,h)} @click=${()=>c(u,h)}>${l}</button>`)}
      </div>
      <canvas class="moved" @pointerdown=${l=>An(l,t)}></canvas>
      <p class="by">${xn(a,r,s)}</p>
    </div>
    ${i?Fe(t,i):p`<p class="hint">${a("When the picture moves, the output of a convolution moves with it. For a whole network this holds only roughly: strides and borders do not move along.")}</p>`}
  `}function ze(t,e,n){return!e&&!n?t("back to its place"):[e<0?t("up"):e>0?t("down"):"",n<0?t("left"):n>0?t("right"):""].filter(Boolean).join(", ")}function xn(t,e,n){let o=[e?t(e>0?"{n} px down":"{n} px up",{n:Math.abs(e)}):"",n?t(n>0?"{n} px right":"{n} px left",{n:Math.abs(n)}):""].filter(Boolean);return o.length?o.join(", "):t("not moved")}function Fe(t,e){let{app:n}=t;if(e.refusal)return P(n,e.refusal,()=>t.session.questions.forget());if(!e.value)return p`<p class="hint" role="status">${n.t("The network looks again\u2026")}</p>`;let{top:o,was:a,how:r,changed:s}=e.value.facts;return p`
    ${Dt(t,o,a)}
    <p>${Mn(t,o,a)}</p>
    ${r?p`<p class="hint">${n.words(r)}</p>`:b}
    ${s?Sn(t,s):b}
  `}function Mn({app:t},e,n){if(e[0].name.en!==n[0].name.en)return t.t("The top prediction changed from {was} to {now}.",{was:t.words(n[0].name),now:t.words(e[0].name)});let[o]=n.toSorted((a,r)=>Math.abs(r.after-r.p)-Math.abs(a.after-a.p));return t.t("The largest change: {name}, {old} \u2192 {now}.",{name:t.words(o.name),old:z(o.p),now:z(o.after)})}function Sn({app:t},e){let{t:n}=t,o=a=>a.map(([r,s])=>`${r}+${s}`).join(", ");return e.length?p`
    <details>
      <summary>${n("{n} layers pad differently",{n:e.length})}</summary>
      <table class="statistics">
        ${e.map(({path:a,pads:r})=>p`<tr><th scope="row"><code>${a}</code></th><td>${o(r.was)} → ${o(r.now)}</td></tr>`)}
      </table>
    </details>
  `:p`<p>${n("No layer changes its padding: the network already uses this convention.")}</p>`}function On(t){let{app:e,slice:n,change:o,look:a,session:r}=t,{t:s}=e,i=n.word?r.about("convention",a,{slot:0,word:n.word}):null;return p`
    <h3>${s("Change the padding convention")}</h3>
    <div class="choices" role="group" aria-label=${s("Change the padding convention")}>
      ${yn.map(([c,l])=>p`
          <button aria-pressed=${n.word===c} @click=${()=>o({word:n.word===c?null:c})}>
            <code>${c}</code> <small>${l}</small>
          </button>
        `)}
    </div>
    ${i?Fe(t,i):b}
    <p class="hint">${s("At stride 2, the padding conventions of the libraries can place the windows one pixel apart. The weights fit only the convention that they were trained with.")}</p>
  `}function An(t,{slice:e,change:n,network:o,look:a}){let r=t.currentTarget,s=o.input.width/r.clientWidth,[i,c]=[t.clientX,t.clientY],l=e.shift;r.setPointerCapture(t.pointerId);let u=d=>{l=[kt(e.shift[0]+Math.round((d.clientY-c)*s)),kt(e.shift[1]+Math.round((d.clientX-i)*s))],It(r,a,o.input,l)},h=()=>{r.removeEventListener("pointermove",u),n({shift:l})};r.addEventListener("pointermove",u),r.addEventListener("lostpointercapture",h,{once:!0})}var kt=t=>Math.max(-Ce,Math.min(Ce,t));var _t={};Y(_t,{paint:()=>Pn,view:()=>Ln});var Re=new WeakMap;function En(t,e){let n=Re.get(t)??e();return Re.set(t,n),n}function Ie(t,{look:e,input:n,theme:o,trail:a},r){let{picture:s,crop:i}=e,c=t.parentElement,l=Math.min(c.clientWidth/s.width,c.clientHeight/s.height),[u,h]=[Math.max(1,Math.floor(s.width*l)),Math.max(1,Math.floor(s.height*l))],d=ht(t,u,h),m=u/s.width,w=([O,I,$,y])=>[I*m,O*m,y*m,$*m];d.imageSmoothingEnabled=m<2;let f=En(s,()=>U(s.rgb,s.height,s.width));d.globalAlpha=1,d.clearRect(0,0,u,h),jt(d,f,u,h,o);let g=r&&Wt(J(r,n),i,n);Bt(d,w(i),()=>jt(d,f,u,h,o,r?.45:1)),g&&Bt(d,w(g),()=>jt(d,f,u,h,o,1)),xt(d,w(i),o.soft,1,[3,3]);for(let O of a)xt(d,w(Wt(J(O,n),i,n)),o.window,1);g&&xt(d,w(g),o.window,2)}function jt(t,e,n,o,a,r=.25){t.fillStyle=a.paper,t.fillRect(0,0,n,o),t.globalAlpha=r,t.drawImage(e,0,0,n,o),t.globalAlpha=1}function Bt(t,[e,n,o,a],r){t.save(),t.beginPath(),t.rect(e,n,o,a),t.clip(),r(),t.restore()}function xt(t,[e,n,o,a],r,s,i=[]){let c=Math.max(0,(4-Math.min(o,a))/2),l=[e-c,n-c,o+2*c,a+2*c];t.setLineDash(i),t.strokeStyle="rgb(0 0 0 / 0.6)",t.lineWidth=s+2,i.length||t.strokeRect(...l),t.strokeStyle=r,t.lineWidth=s,t.strokeRect(...l),t.setLineDash([])}function ot(t,e,{scale:n,palette:o},a){let[r,s]=xe(t,gt(t,n)?null:e);return{low:r,high:s,signed:j(t),palette:Me(t,o,a)}}function Mt(t,e,{height:n,width:o},{pixel:a,zoom:r,tone:s,theme:i}){let c=t.parentElement,l=Math.min(c.clientWidth/o,c.clientHeight/n),u=Math.min(l*r,Math.max(l,64)),[h,d]=[Math.min(c.clientWidth,u*o),Math.min(c.clientHeight,u*n)],m=(y,N,q)=>Math.min(Math.max(0,y+.5-q/u/2),Math.max(0,N-q/u)),w={box:{x:1,y:1,width:Math.max(1,h-2),height:Math.max(1,d-2)},cell:r===1?(h-2)/o:u,tall:r===1?(d-2)/n:u,left:m(a.column,o,h-2),top:m(a.row,n,d-2),rows:n,columns:o,value:(y,N)=>e[y*o+N],tone:s,look:i},f=ht(t,h,d);f.clearRect(0,0,h,d),ce(f,w);let{x:g,y:O,width:I,height:$}=ue(w,{top:a.row,left:a.column,bottom:a.row+1,right:a.column+1});return Bt(f,[0,0,h,d],()=>xt(f,[g,O,I,$],i.window,2)),w}function at(t,e,n,o=240){let a=ht(t,o,qt);a.clearRect(0,0,o,qt),de(a,{x:0,y:0,width:o,tone:e,look:n})}function We(t,e,n){let o=e.getBoundingClientRect();return he(t,n.clientX-o.left,n.clientY-o.top)}var Ut=new WeakMap;function Tn(t,e){let n=Ut.get(t)?.get(e);if(n)return n;let o=t.maps.map((a,r)=>ve(a,e.maps[r]));return Ut.set(t,(Ut.get(t)??new WeakMap).set(e,o)),o}function Ln(t){let{app:e,slice:n,seen:o,other:a,change:r,file:s,fileErrors:i,session:c}=t,{t:l}=e,u=o.looks[1];return p`
    <h2>${l("Compare two pictures")}</h2>
    ${bt(e,n,"second",{choose:h=>r({second:h}),file:(h,d)=>s("second",h,d),error:i.second})}
    ${u?.state==="asking"?vt(e,l("Looking at the second picture\u2026"),()=>c.questions.cancel("look 1")):b}
    ${u?.refusal?P(e,u.refusal,()=>c.questions.forget()):b}
    ${a?Nn(t,a):p`<p class="hint">${l("Choose a second picture. For each layer, a number tells how similar its maps of the two pictures are.")}</p>`}
  `}function Nn({app:t,look:e,network:n,pixel:o,change:a,slice:r},s){let{t:i}=t;return p`
    ${o?p`
          <div class="pair" aria-label=${i("channel {channel}",{channel:o.channel})}>
            ${[["first",i("first")],["second",i("second")],["difference",i("first \u2212 second")]].map(([c,l])=>p`<figure><div class="hold"><canvas data-pair=${c} role="img" aria-label=${l}></canvas></div><figcaption><small>${l}</small></figcaption></figure>`)}
          </div>
          <p class="legend"><canvas class="ends" data-of="difference"></canvas></p>
          <button aria-pressed=${r.difference} @click=${()=>a({difference:!r.difference})}>${i("Show all maps as differences")}</button>
        `:b}
    <h3>${i("How similar they are in each layer")}</h3>
    <p class="hint">${i("cosine similarity of all maps: 1 means the same up to a factor, 0 means nothing in common")}</p>
    <ol class="spans alike">
      ${Tn(e,s).map((c,l)=>p`
          <li data-part=${Math.max(0,c??0).toFixed(4)} aria-current=${o?.layer===l}>
            <button class="quiet" @click=${()=>a({layer:l,channel:null,place:null})}>
              <span class="number">${l}</span> <span class="what">${C(i,n.layers[l])}</span>
              <span class="size">${c===null?"\u2013":L(c)}</span>
              <span class="bar" aria-hidden="true"></span>
            </button>
          </li>
        `)}
    </ol>
  `}function Pn(t,{look:e,other:n,pixel:o,slice:a,theme:r}){if(!n||!o)return;let[s,i]=[e.maps[o.layer],n.maps[o.layer]],c=$t(Ve(s,o.channel),Ve(i,o.channel)),l={first:[s,o.channel],second:[i,o.channel],difference:[c,0]};for(let h of t.querySelectorAll("canvas[data-pair]")){let[d,m]=l[h.dataset.pair??""];Mt(h,ft(d,m),d,{pixel:o,zoom:1,tone:ot(d,m,a,r.theme),theme:r})}let u=t.querySelector("canvas.ends");u&&at(u,ot(c,0,a,r.theme),r)}function Ve(t,e){let n=t.height*t.width,o=a=>a.subarray(e,e+1);return{channels:1,height:t.height,width:t.width,low:o(t.low),high:o(t.high),mean:o(t.mean),deviation:o(t.deviation),nonzero:o(t.nonzero),bytes:t.bytes.subarray(e*n,(e+1)*n)}}var Yt={};Y(Yt,{view:()=>qn});function Gt({layer:t,channel:e,place:n},{maps:o}){if(t===null)return null;let a=Math.min(t,o.length-1),{channels:r,height:s,width:i}=o[a];return{layer:a,channel:e===null?Ot(o[a]):Math.min(e,r-1),row:Math.min(n?.[0]??Math.floor((s-1)/2),s-1),column:Math.min(n?.[1]??Math.floor((i-1)/2),i-1)}}function Ot(t){let e=wt(t),n=0;for(let o=1;o<t.channels;o++)e[o]>e[n]&&(n=o);return n}var F=({layer:t,channel:e,row:n,column:o})=>({layer:t,channel:e,place:[n,o]});function it(t,e,n,o){let{height:a,width:r}=e.maps[t.layer];return{...t,row:St(t.row+n,a),column:St(t.column+o,r)}}function At(t,e,n,o){let a=V(e.maps[t.layer],n);return{...t,channel:a[St(a.indexOf(t.channel)+o,a.length)]}}function R(t,e,n){let o=e.maps[t.layer],a=St(n,e.maps.length),{channels:r,height:s,width:i}=e.maps[a],c=r===o.channels?t.channel:Ot(e.maps[a]);return{layer:a,channel:c,row:Vt(t.row,o.height,s),column:Vt(t.column,o.width,i)}}var St=(t,e)=>Math.min(Math.max(t,0),e-1);function qn(t){let{app:e,network:n,look:o,pixel:a,slice:r,change:s,fieldOf:i}=t,{t:c}=e,{height:l,width:u}=n.input,h=a??{layer:0,channel:0,row:Math.floor((o.maps[0].height-1)/2),column:Math.floor((o.maps[0].width-1)/2)};return p`
    <h2>${c("What does each layer see?")}</h2>
    <p>${c("A pixel of the first layer sees a few pixels of the picture. Each later layer looks at windows of the layer before. So the receptive field grows, often until it covers the whole picture.")}</p>
    <button class="play" aria-pressed=${r.walking} @click=${()=>s({walking:!r.walking})}>
      ${r.walking?`\u275A\u275A ${c("Stop")}`:`\u25B6 ${c("Play layer by layer")}`}
    </button>
    <ol class="spans">
      ${n.layers.map(d=>{let m=i(R(h,o,d.index)),[w,f]=m?Ne(m):[0,0],g=w*f/(l*u);return p`
          <li data-part=${Math.sqrt(g).toFixed(4)} aria-current=${a?.layer===d.index}>
            <button class="quiet" @click=${()=>s({...Cn(R(h,o,d.index)),walking:!1})}>
              <span class="number">${d.index}</span> <span class="what">${C(c,d)}</span>
              <span class="size">${m?`${w} \xD7 ${f}`:c("unknown")}</span>
              <span class="bar" aria-hidden="true"></span>
            </button>
          </li>
        `})}
    </ol>
  `}var Cn=({layer:t,channel:e,row:n,column:o})=>({layer:t,channel:e,place:[n,o]});var Kt={};Y(Kt,{paint:()=>Wn,view:()=>Rn});var Xt=256,zn=["sobel-x","sobel-y","laplacian"];function De({network:t,pixel:e}){let n=e&&t.layers[e.layer];return n?.kernel?n:t.layers.find(({kernel:o})=>o)??null}function Fn({parameters:t,channels:e,kernel:n}){let o=Math.floor(t/(e*(n??[1]).reduce((a,r)=>a*r,1)));return o!==1&&o!==3}function He(t){let e=De(t);if(!e)return null;let{pixel:n,session:o,look:a}=t,r=Fn(e)?n?.layer===e.index?n.channel:0:void 0;return o.about("kernels",a,{layer:e.index,channel:r})}function Rn(t){let{app:e,network:n,pixel:o}=t,{t:a}=e,r=De(t);if(!r)return p`<p>${a("This network has no kernels to show.")}</p>`;let s=He(t),i=s?.value?.facts.shape;return p`
    <h2>${a("What decides a kernel's values?")}</h2>
    <div class="kernels fixed">
      ${zn.map(c=>p`<figure><canvas data-fixed=${c} role="img" aria-label=${c}></canvas><figcaption><small>${c}</small></figcaption></figure>`)}
    </div>
    <p>${a("A person decided these: sobel-x is the brightness on the right minus that on the left, sobel-y below minus above.")}</p>
    <h3>${a("The kernels of layer {layer}",{layer:r.index})} <code>${r.path}</code></h3>
    <p>
      ${n.trained?a("Nobody chose these numbers. They began at random; training changed them a little, many thousands of times, until most predictions were right."):a("If this network was not trained, these are only random numbers.")}
    </p>
    ${s?.refusal?P(e,s.refusal,()=>t.session.questions.forget()):b}
    ${i?In(t,i,o?.layer===r.index?o.channel:null):p`<p class="hint" role="status">${a("Fetching the kernels\u2026")}</p>`}
  `}function In({app:t,change:e},n,o){let{t:a}=t,[r,s]=n,i=Ct(n),c=!i&&s>1,l=c?s*r:r;return p`
    ${c?p`<p>${a("Channel {channel} has one kernel for each of {inputs} input channels.",{channel:o??0,inputs:s})}</p>`:b}
    <div class="kernels">
      ${Array.from({length:Math.min(l,Xt)},(u,h)=>{let d=c?a("input channel {i}",{i:h}):a("channel {channel}",{channel:h}),m=p`<canvas data-kernel=${h} role="img" aria-label=${d}></canvas>`;return c||o===null?p`<figure>${m}</figure>`:p`<button aria-pressed=${h===o} title=${d} @click=${()=>e({channel:h})}>${m}</button>`})}
    </div>
    ${l>Xt?p`<p class="hint">${a("the first {most} of {n}",{most:Xt,n:l})}</p>`:b}
    <p class="legend">${i?a("drawn as colours: grey means 0 in red, green and blue"):p`<canvas class="ends"></canvas>`}</p>
  `}function Wn(t,e){let{theme:n}=e;for(let s of t.querySelectorAll("canvas[data-fixed]")){let i=fe(s.dataset.fixed??"");i&&zt(s,Float32Array.from(i.data),i.shape,n,{size:72,most:null})}let o=He(e)?.value;if(!o)return;let a=new Float32Array(o.bytes[0].slice().buffer),r=o.facts.shape;Vn(t,a,r,n)}function Vn(t,e,n,o){let[,,a=1,r=1]=n,s=a*r,i=Ct(n),c=e.reduce((u,h)=>Math.max(u,Math.abs(h)),0);for(let u of t.querySelectorAll("canvas[data-kernel]")){let d=Number(u.dataset.kernel)*(i?3:1)*s,m=e.subarray(d,d+(i?3:1)*s);zt(u,m,i?[3,a,r]:[a,r],o,{size:36,most:i?null:c})}let l=t.querySelector("canvas.ends");l&&at(l,{low:-c,high:c,signed:!0,palette:le(o.theme)},o)}var Jt={};Y(Jt,{paint:()=>jn,view:()=>Dn});var je=({session:t,look:e,pixel:n})=>n?t.about("excite",e,{layer:n.layer,channel:n.channel}):null;function Dn(t){let{app:e,pixel:n}=t,{t:o}=e;if(!n)return p`<p>${o("Open a layer and choose a channel. The patches of your pictures that activate it most are shown here.")}</p>`;let a=je(t),r=a?.value?.facts.patches??null;return p`
    <h2>${o("What activates channel {channel} most?",{channel:n.channel})}</h2>
    <p>${o("The places in your pictures where its value is highest, cropped to its receptive field.")}</p>
    ${a?.refusal?P(e,a.refusal,()=>t.session.questions.forget()):""}
    ${a?.state==="asking"?p`<p role="status" class="hint">${o("Searching the pictures\u2026")}</p>`:""}
    <div class="patches">
      ${r?.map(({picture:s,value:i,box:c,mirrored:l},u)=>p`
          <figure>
            <canvas data-patch=${u} role="img" aria-label=${o("rows {top}\u2013{bottom}, columns {left}\u2013{right} of {picture}",Hn(c,s))}></canvas>
            <figcaption><b>${L(i)}</b> <small>${s}${l?`, ${o("mirrored")}`:""}</small></figcaption>
          </figure>
        `)}
    </div>
    ${r?p`<p class="hint">${e.words(a?.value?.facts.searched)}</p>`:""}
    ${r&&!r.length?p`<p>${o("It is dead in all of these pictures.")}</p>`:""}
  `}var Hn=([t,e,n,o],a)=>({top:Math.round(t),bottom:Math.round(t+n-1),left:Math.round(e),right:Math.round(e+o-1),picture:a});function jn(t,e){let n=je(e)?.value;if(n)for(let o of t.querySelectorAll("canvas[data-patch]")){let a=Number(o.dataset.patch),{height:r,width:s}=n.facts.patches[a];o.width=s,o.height=r,B(o).drawImage(U(n.bytes[a],r,s),0,0)}}var Qt={};Y(Qt,{paint:()=>_n,view:()=>Bn});function Be({facts:t,bytes:e}){if(e.length<2||!e[0].length)return null;let[n,o]=e.slice(0,2).map(c=>new Float64Array(c.slice().buffer)),a=e[2]??new Uint8Array(n.length),r=t.groups?.length?t.groups:[{channel:0,partial:t.sum64-(t.bias??0)}],s=n.length/r.length;return{parts:r.map(({channel:c,partial:l},u)=>({channel:c,partial:l,products:Array.from({length:s},(h,d)=>{let m=u*s+d;return{key:`${c}:${d}`,value:n[m],weight:o[m],product:n[m]*o[m],padding:a[m]===1}})})),bias:t.bias??null,exact:t.sum64??NaN,shown:t.shown??NaN,kind:"float32"}}var Ue=new WeakMap,_e=({session:t,look:e,pixel:n})=>n?t.about("sum",e,{slot:0,...n}):null;function Bn(t){let{app:e,network:n,pixel:o}=t,{t:a}=e;if(!o)return p`<p>${a("Click a pixel of a map. The sum that makes its value opens here.")}</p>`;let r=n.layers[o.layer],s=p`<h2>${a("The value of one pixel")}</h2>
    <p class="hint"><code>${r.path}</code> ${a("channel {channel}, row {row}, column {column}",{...o})}</p>`;if(!r.sum)return p`${s}<p>${a("The page cannot open the values of {kind}: it does not know how this layer computes them.",{kind:r.kind})}</p>`;let i=_e(t);if(i?.refusal)return p`${s}${P(e,i.refusal,()=>t.session.questions.forget())}`;let c=i?.value?.facts;return p`
    ${s}
    ${c?p`<p class="formula">${e.words(c.formula)}</p>`:p`<p role="status" class="hint">${a("Adding it up in double precision\u2026")}</p>`}
    ${c?.numbers?.length?Un(t,c):b}
    <div class="strip over"></div>
  `}function Un({app:t},{numbers:e,sum64:n,shown:o,residual:a}){let{t:r}=t;return p`
    <table class="numbers">
      ${e.map(({name:s,value:i})=>p`<tr><th scope="row">${t.words(s)}</th><td>${ut(i??NaN)}</td></tr>`)}
      <tr class="total"><th scope="row">${r("in float64")}</th><td>${ut(n??NaN)}</td></tr>
      <tr><th scope="row">${r("the network's value")}</th><td>${ut(o??NaN)}</td></tr>
      <tr><th scope="row">${r("rounding")}</th><td>${L(a??NaN)}</td></tr>
    </table>
  `}function _n(t,e){let n=t.querySelector(".strip");if(!n||!e.pixel)return;let o=Ue.get(n);o||(o=pe(n,e.app,{holder:()=>e.app.t("The pixel"),close:()=>e.change({panel:"answer"})}),Ue.set(n,o));let a=_e(e)?.value,r=a?Be(a):null;o.draw(r,r?.parts[0]?.channel)}var Zt={};Y(Zt,{view:()=>Yn});var Gn=2048,Yn=t=>t.pixel?Xn(t,t.pixel):Kn(t);function Xn({app:t,look:e,slice:n,change:o,network:a},r){let{t:s}=t,i=e.maps[r.layer],c=wt(i);return p`
    <h2>${s("The channels of layer {layer}",{layer:r.layer})}</h2>
    <p class="hint"><code>${a.layers[r.layer].path}</code> ${s("{dead} of {n} are dead: the same value everywhere",{dead:K(i),n:i.channels})}</p>
    <table class="statistics">
      <thead><tr>${[s("channel"),s("lowest"),s("highest"),s("mean absolute value"),s("standard deviation"),s("non-zero")].map(l=>p`<th scope="col">${l}</th>`)}</tr></thead>
      <tbody>
        ${V(i,n.sort).slice(0,Gn).map(l=>p`
            <tr aria-current=${l===r.channel}>
              <th scope="row"><button class="quiet" @click=${()=>o({channel:l})}>${l}</button></th>
              <td>${L(i.low[l])}</td>
              <td>${L(i.high[l])}</td>
              <td>${L(c[l])}</td>
              <td>${L(i.deviation[l])}</td>
              <td>${mt(i,l)?s("dead"):z(i.nonzero[l])}</td>
            </tr>
          `)}
      </tbody>
    </table>
  `}function Kn({app:t,look:e,network:n,change:o}){let{t:a}=t;return p`
    <h2>${a("The layers")}</h2>
    <table class="statistics">
      <thead><tr>${[a("layer"),a("kind"),a("size"),a("parameters"),a("dead")].map(r=>p`<th scope="col">${r}</th>`)}</tr></thead>
      <tbody>
        ${n.layers.map(({index:r,path:s,kind:i,channels:c,height:l,width:u,parameters:h})=>p`
            <tr>
              <th scope="row"><button class="quiet" @click=${()=>o({layer:r,channel:null,place:null})}>${r}</button></th>
              <td>${i} <code>${s}</code></td>
              <td>${c} × ${l} × ${u}</td>
              <td>${h.toLocaleString("en")}</td>
              <td>${K(e.maps[r])}</td>
            </tr>
          `)}
      </tbody>
    </table>
  `}var Ge={answer:Ht,sum:Qt,field:Yt,patches:Jt,kernels:Kt,compare:_t,table:Zt},Jn=t=>({answer:t("Classes"),sum:t("Sum"),field:t("Field"),patches:t("Patches"),kernels:t("Kernels"),compare:t("Compare"),table:t("Table")});function Ye(t,e){let{app:n,slice:o,change:a}=e,r=Jn(n.t);S(p`
      <div class="panels" role="tablist" aria-label=${n.t("About this place")} @keydown=${i=>Qn(i,e)}>
        ${et.map(i=>p`
            <button role="tab" id="${n.id}-network-tab-${i}" aria-selected=${i===o.panel} aria-controls="${n.id}-network-panel" tabindex=${i===o.panel?0:-1} @click=${()=>a({panel:i})}>
              ${r[i]}
            </button>
          `)}
      </div>
      <div class="panel of-${o.panel}" id="${n.id}-network-panel" role="tabpanel" tabindex="0" aria-labelledby="${n.id}-network-tab-${o.panel}">${Ge[o.panel].view(e)}</div>
    `,t);let s=t.querySelector(".panel");Ge[o.panel].paint?.(s,e),te(s)}function te(t){for(let e of t.querySelectorAll("[data-part]")){let{style:n,dataset:o}=e;n.setProperty("--part",o.part??"0"),o.was&&n.setProperty("--was",o.was)}}function Qn(t,{change:e,app:n}){let o={ArrowRight:1,ArrowLeft:-1}[t.key];if(!o)return;t.preventDefault();let a=et.findIndex(s=>s===n.store.state.network.panel),r=et[(a+o+et.length)%et.length];e({panel:r}),requestAnimationFrame(()=>n.root.querySelector(`#${n.id}-network-tab-${r}`)?.focus())}function Xe(t,e){let n=t.getRootNode().activeElement;return!n||!t.contains(n)?()=>{}:()=>{(!n.isConnected||n.closest("[hidden]"))&&e()}}var Ke=[["\u2190 \u2191 \u2193 \u2192","move to another pixel of the map"],["Shift + \u2190","move by ten pixels"],["[ ]","previous or next channel"],["PgUp PgDn","previous or next layer"],["Enter","open the sum of the pixel"],["Esc","back: to the predictions, then to all layers"],["S","sort the channels in another way"],["D","the difference between two pictures"],["+ \u2212","zoom until the numbers appear"],["P","play layer by layer, or stop"]];function Je(t,e){let n=l=>()=>{let u=t();u?.pixel&&u.change(F(l(u.pixel,u)))},o=l=>({ArrowUp:n((u,{look:h})=>it(u,h,-l,0)),ArrowDown:n((u,{look:h})=>it(u,h,l,0)),ArrowLeft:n((u,{look:h})=>it(u,h,0,-l)),ArrowRight:n((u,{look:h})=>it(u,h,0,l))}),a=l=>()=>{let u=t();if(!u)return;let{pixel:h,look:d,change:m}=u;if(h)return m(F(R(h,d,h.layer+l)));m({layer:l>0?0:d.maps.length-1,channel:null,place:null}),requestAnimationFrame(e)},r=l=>n((u,{look:h,slice:d})=>At(u,h,d.sort,l)),s=()=>{let l=t();l&&l.change({sort:tt[(tt.indexOf(l.slice.sort)+1)%tt.length]})},i=()=>{let l=t();l&&l.change({difference:!l.slice.difference,panel:"compare"})},c=l=>()=>{let u=t();u&&u.change({zoom:Math.min(64,Math.max(1,u.slice.zoom*l))})};return{...o(1),...Object.fromEntries(Object.entries(o(10)).map(([l,u])=>[`Shift+${l}`,u])),"[":r(-1),"]":r(1),PageUp:a(-1),PageDown:a(1),Enter:()=>t()?.pixel&&t()?.change({panel:"sum"}),Escape:()=>Zn(t()),s,d:i,"+":c(2),"=":c(2),"-":c(.5),p:()=>t()?.change({walking:!t()?.slice.walking})}}function Zn(t){if(!t)return;let{slice:e,change:n}=t;if(e.walking)return n({walking:!1});if(e.zoom>1)return n({zoom:1});if(e.panel==="sum")return n({panel:"answer"});n({layer:null,channel:null,place:null})}function to(t){let e=t.split("."),n=a=>/^\d+$/.test(e[a]??""),o=e.findIndex((a,r)=>n(r));if(o<0||o===e.length-1)return e.slice(0,-1).join(".");for(;n(o+1)&&o+2<e.length;)o+=1;return e.slice(0,o+1).join(".")}function Et(t){let e=[];for(let n of t){let o=to(n.path),a=e.at(-1);a&&a.name===o?a.layers.push(n):e.push({name:o,layers:[n]})}return e}var Qe=(t,e)=>e&&t.path.startsWith(`${e}.`)?t.path.slice(e.length+1):t.path,Q=({channels:t,height:e,width:n})=>e*n===1?`${t}`:`${t} \xD7 ${e} \xD7 ${n}`;function Ze(t,{layers:e},n,o,a){let{t:r}=t;return p`
    <nav class="layers" aria-label=${r("Layers")} @keydown=${no}>
      <button class="layer all" tabindex=${o===null?0:-1} aria-current=${o===null} @click=${()=>a(null)}>
        <span class="what">${r("All layers at once")}</span> <span class="size">${e.length}</span>
      </button>
      ${Et(e).map(({name:s,layers:i})=>p`
          ${s?p`<h2><code>${s}</code></h2>`:""}
          ${i.map(c=>eo(t,c,Qe(c,s),n,o,a))}
        `)}
    </nav>
  `}function eo({t},e,n,o,a,r){let s=o?.maps[e.index],i=s?be(s):0,c=s?j(s)?t("{path}: values above and below zero",{path:e.path}):t("{path}: {share} of its values are above zero",{path:e.path,share:z(i)}):e.path;return p`
    <button class="layer ${s&&j(s)?"signed":""}" tabindex=${e.index===a?0:-1} aria-current=${e.index===a} title=${c} data-part=${i.toFixed(3)} @click=${()=>r(e.index)}>
      <span class="number">${e.index}</span>
      <span class="what">${n===e.path&&!/^\d+$/.test(n)?p`<code>${n}</code>`:C(t,e)}</span>
      <span class="size">${Q(e)}</span>
      <span class="bar" aria-hidden="true"></span>
    </button>
  `}function no(t){let n=[...t.currentTarget.querySelectorAll(".layer")],o=n.indexOf(t.target),a={ArrowDown:o+1,ArrowUp:o-1,Home:0,End:n.length-1}[t.key];o<0||a===void 0||(t.preventDefault(),n[Math.min(Math.max(a,0),n.length-1)].focus())}function Tt(t,e){if(!e)return;let[n,o]=[e.getBoundingClientRect(),t.getBoundingClientRect()],a=(r,s,i,c)=>r<i||s>c?(r+s)/2-(i+c)/2:0;t.scrollLeft+=a(n.left,n.right,o.left,o.right),t.scrollTop+=a(n.top,n.bottom,o.top,o.bottom)}var oo=0;function tn(t,e,n){let o=Oe(n),a=t.host.ask.bind(t.host),r=()=>o.of("list","",async u=>(await a("network.list",{},[],u)).facts.networks),s=u=>o.of("open",u,async h=>(await a("network.open",{name:u},[],h)).facts),i=(u,h,d)=>d?o.of(`look ${u}`,`${h.name} ${d.name}`,async m=>{let{height:w,width:f,title:g,rgb:O}=d;return ro(h,d,await a("network.look",{slot:u,height:w,width:f,name:g},[O],m))}):null,c=u=>o.of("fields",u.name,async h=>so(await a("network.fields",{},[],h)));return{questions:o,see(u){let h=r(),d=u.name??ao(h.value),m=d===null?null:s(d),w=m?.value??null,f=w?[i(0,w,l(u.picture)),i(1,w,l(u.second))]:[null,null],g=f[0]?.state==="here";return{listed:h,name:d,opened:m,network:w,looks:f,look:f[0]?.value??null,fields:w&&g?c(w):null}},map(u,{layer:h,channel:d}){let m={slot:0,layer:h,channel:d};return o.of("map",`${u.number} ${h} ${d}`,async f=>new Float32Array((await a("network.map",m,[],f)).bytes[0].slice().buffer)).value},about(u,h,d){return o.of(u,`${h.number} ${JSON.stringify(d)}`,m=>a(`network.${u}`,d,[],m))}};function l(u){return u===null?null:e(u)}}var ao=t=>t?.find(({needs:e})=>!e)?.name??null;function ro(t,e,{facts:n,bytes:o}){let a=ke(t.layers,n.statistics,o.slice(1,-1),o[o.length-1]);return{number:++oo,picture:e,crop:n.crop,input:o[0],maps:a,top:n.top??null,seconds:n.seconds}}function so({facts:t,bytes:e}){return t.layers.map(({status:n,holes:o,views:a,channels:r,lost:s},i)=>{let c=new Int32Array(e[i].slice().buffer),l=a?c.length/a:0;return{status:n,holes:o,lost:s,which:r,views:Array.from({length:a},(u,h)=>c.subarray(h*l,(h+1)*l))}})}var lo=44;function en(t,e,n){t.setAttribute("aria-hidden","true");let o=-1;return{draw({layers:a},r,s,i,c){S(a.map(({index:l,path:u})=>p`
            <button class="frame" tabindex="-1" title="${l} ${u}" aria-current=${l===s.layer} @click=${()=>n(l)}>
              <canvas data-layer=${l}></canvas>
            </button>
          `),t);for(let l of t.querySelectorAll("canvas")){let u=r.maps[Number(l.dataset.layer)],h=Math.round(lo*k()),d=[r.number,i.palette,c,h].join(" "),m=()=>{let w=Ot(u),f=dt(1,u.height,u.width,h,{height:h,least:h,gap:0});nt(l,{...f,tileWidth:h,tileHeight:h,width:h,height:h},u,[w],{...i,scale:"map",theme:c})};e.paint(l,d,m)}this.mark(s,r),o!==s.layer&&Tt(t,t.querySelector('[aria-current="true"]')),o=s.layer},mark(a,r){let{height:s,width:i}=r.maps[a.layer];t.style.setProperty("--across",String((a.column+.5)/i)),t.style.setProperty("--down",String((a.row+.5)/s))}}}var io=10;function an(t,e,n,o){let a=null,r=0,s=l=>{let u=l.target.closest(".sheet")?.querySelector("canvas");if(!u||!a||l.detail===0&&l.type==="click")return null;let h=Number(u.dataset.layer),d=a.look.maps[h],m=u.getBoundingClientRect(),w=nn(d,u),f=V(d,a.sort),g=pt(w,d.channels,d,(l.clientX-m.left)*k(),(l.clientY-m.top)*k());return g&&{layer:h,channel:f[g.slot],row:g.row,column:g.column}},i=(l,u)=>o.open(s(l)??{layer:u}),c=l=>{let u=po(l,t,r);u!==null&&(r=u)};return t.addEventListener("pointermove",l=>o.light(s(l))),t.addEventListener("pointerleave",()=>o.light(null)),{draw(l,u,h,d){a={look:u,sort:h.sort};let w=Et(l.layers).map(f=>h.filter==="blocks"?co(f):f).map(f=>uo(e,f,u,{rover:r,opened:i,walked:c}));S(p`<div class="gallery ${h.filter}" role="group" aria-label=${e.t("Every layer")}>${w}</div>`,t);for(let f of t.querySelectorAll("canvas")){let g=u.maps[Number(f.dataset.layer)],O=rn(f),I=[u.number,h.sort,h.palette,h.scale,d,O,k()].join(" ");n.paint(f,I,()=>nt(f,nn(g,f),g,V(g,h.sort),{...h,theme:d}))}},focus(l){let u=[...t.querySelectorAll(".sheet")],h=u.find(d=>d.querySelector("canvas")?.dataset.layer===String(l))??u[0];for(let d of u)d.tabIndex=d===h?0:-1;r=Number(h?.querySelector("canvas")?.dataset.layer??r),h?.focus()},mark(l){if(t.classList.toggle("marked",l!==null),!l||!a)return;let{height:u,width:h}=a.look.maps[l.layer];t.style.setProperty("--across",String((l.column+.5)/h)),t.style.setProperty("--down",String((l.row+.5)/u))}}}var rn=t=>Math.max(8,Math.floor((t.parentElement.clientWidth-2)*k()));function nn(t,e){let n=$e(t.channels,t.height,t.width,rn(e)),{style:o,classList:a}=e.parentElement;return a.toggle("fine",n.tileWidth<io*k()),o.setProperty("--wide",`${n.width/k()}px`),o.setProperty("--high",`${n.height/k()}px`),o.setProperty("--tile-wide",`${(n.tileWidth+n.gap)/k()}px`),o.setProperty("--tile-high",`${(n.tileHeight+n.gap)/k()}px`),n}var co=({name:t,layers:e})=>({name:t,layers:e.slice(-1)});function uo(t,{name:e,layers:n},o,{rover:a,opened:r,walked:s}){let i=n[n.length-1],c=e||(n.length>1?`${n[0].path} \u2026 ${i.path}`:i.path);return p`
    <section class="block">
      <h2><code>${c}</code> <small>${Q(i)}</small></h2>
      <div class="sheets">
        ${n.map(l=>p`
            <button
              class="sheet"
              tabindex=${l.index===a?0:-1}
              title=${ho(t,l,o)}
              @click=${u=>r(u,l.index)}
              @keydown=${s}
            >
              <span class="print"><canvas data-layer=${l.index}></canvas></span>
              <span class="what"><span class="number">${l.index}</span> ${C(t.t,l)}</span>
            </button>
          `)}
      </div>
    </section>
  `}function ho({t},e,n){let o={layer:e.index,what:C(t,e),size:Q(e),dead:K(n.maps[e.index])};return o.dead?t("Open layer {layer}: {what}, {size}; {dead} channels are dead",o):t("Open layer {layer}: {what}, {size}",o)}function po(t,e,n){let o=[...e.querySelectorAll(".sheet")],a=o.indexOf(t.currentTarget),r={ArrowRight:a+1,ArrowLeft:a-1,Home:0,End:o.length-1,ArrowDown:on(o,a,1),ArrowUp:on(o,a,-1)}[t.key];if(r===void 0)return null;t.preventDefault();let s=o[Math.min(Math.max(r,0),o.length-1)];return o[a].tabIndex=-1,s.tabIndex=0,s.focus(),Number(s.querySelector("canvas")?.dataset.layer??n)}function on(t,e,n){let{top:o,left:a}=t[e].getBoundingClientRect(),r=e,s=NaN;for(let i=e+n;i>=0&&i<t.length;i+=n){let c=t[i].getBoundingClientRect();if(!(Math.abs(c.top-o)<2)){if(Number.isNaN(s)&&(s=c.top),Math.abs(c.top-s)>=2)break;(r===e||Math.abs(c.left-a)<Math.abs(t[r].getBoundingClientRect().left-a))&&(r=i)}}return r}var fo=28,mo=4;function ln(t,e,n){let o=t.appendChild(document.createElement("canvas")),a=t.appendChild(document.createElement("canvas")),r=null,s="",i=c=>{if(!r)return null;let{maps:l,channels:u,layout:h,pixel:d}=r,m=o.getBoundingClientRect(),w=pt(h,u.length,l,(c.clientX-m.left)*k(),(c.clientY-m.top)*k());return w&&{layer:d.layer,channel:u[w.slot],row:w.row,column:w.column}};return t.addEventListener("pointermove",c=>e(i(c))),t.addEventListener("pointerleave",()=>e(null)),t.addEventListener("click",c=>{let l=i(c);l&&n(l)}),{draw(c,l,u,h,d,m){let w=V(l,h.sort),f=wo(l,t.clientWidth),g=[c,u.layer,h.sort,h.palette,h.scale,d.theme,f.width,f.tileWidth].join(" ");(g!==s||r?.maps!==l)&&nt(o,f,l,w,{...h,theme:d.theme}),s=g,r={maps:l,channels:w,layout:f,theme:d,pixel:u},sn(a,r,u,m)},mark(c,l){r&&sn(a,r,c,l)}}}function wo({channels:t,height:e,width:n},o){let a=Math.max(64,Math.floor(o*k())),r=Math.min(a,fo*k());return dt(t,e,n,a,{height:Math.max(480*k(),a*.6),least:r,gap:mo*k()})}function sn(t,{maps:e,channels:n,layout:o,theme:a},r,s){yt(t,o.width,o.height);let i=B(t);i.clearRect(0,0,o.width,o.height);let{tileWidth:c,tileHeight:l}=o,u=Math.max(2,Math.round(2*k())),[h,d]=[(r.column+.5)/e.width*c,(r.row+.5)/e.height*l];i.font=`${12*k()}px ${a.sans}`,n.forEach((m,w)=>{let[f,g]=ge(o,w);mt(e,m)&&$o(i,a,{left:f,top:g,tileWidth:c,tileHeight:l,word:s}),i.fillStyle=a.window,i.fillRect(Math.round(f+h-u/2),Math.round(g+d-u/2),u,u),m===r.channel&&(i.strokeStyle=a.window,i.lineWidth=2*k(),i.strokeRect(f-k(),g-k(),c+2*k(),l+2*k()))})}function $o(t,e,{left:n,top:o,tileWidth:a,tileHeight:r,word:s}){if(t.fillStyle=e.paper,t.fillRect(n,o,a,r),t.strokeStyle=e.faint,t.lineWidth=1,t.strokeRect(n+.5,o+.5,a-1,r-1),t.beginPath(),t.moveTo(n,o+r),t.lineTo(n+a,o),t.measureText(s).width+4>a)return t.stroke();t.fillStyle=e.soft,t.textAlign="center",t.textBaseline="middle",t.fillText(s,n+a/2,o+r/2)}var go=p`
  <header class="head"></header>
  <div class="sight">
    <figure class="seen"><div class="hold"><canvas role="img"></canvas></div><figcaption></figcaption></figure>
    <figure class="focus">
      <div class="hold" tabindex="0" role="application"><canvas></canvas></div>
      <figcaption></figcaption>
    </figure>
    <div class="lead"></div>
  </div>
  <div class="film"></div>
  <div class="tools"></div>
  <div class="maps"></div>
  <div class="overview"></div>
`;function un(t,e,n){S(go,t);let o=$=>t.querySelector($),a=$=>t.querySelector($),[r,s]=[a(".seen canvas"),a(".focus canvas")],i=null,c=null,l=null,u=0,h=0,d=$=>{cn($,c)||(c=$,u||=requestAnimationFrame(()=>{u=0,i&&I(i)}))},m=({layer:$,channel:y,row:N,column:q})=>i?.change(y===void 0?{layer:$,channel:null,place:null}:F({layer:$,channel:y,row:N??0,column:q??0})),w=an(o(".overview"),e,n,{light:d,open:m}),f=ln(o(".maps"),d,m),g=en(o(".film"),n,$=>{i?.pixel&&i.change(F(R(i.pixel,i.look,$)))}),O=$=>{let y=l&&i?.pixel?We(l,s,$):null;return y&&i?.pixel?{...i.pixel,row:y[0],column:y[1]}:null};s.addEventListener("pointermove",$=>d(O($))),s.addEventListener("pointerleave",()=>d(null)),s.addEventListener("click",$=>{let y=O($);y&&i?.change({...F(y),panel:"sum"})});let I=$=>{let{look:y,network:N,slice:q,theme:H}=$,x=c??$.pixel,_=x&&$.fieldOf(x),Z=q.walking&&x?bo($,x):[];if(Ie(r,{look:y,input:N.input,theme:H,trail:Z},_),w.mark(x),!x)return e.tell("");let v=Pe(e.t,x,_,N.input,dn($,x));if(q.walking||e.tell(v),!$.pixel)return;let A=x.layer===$.pixel.layer?x:$.pixel;g.mark(x,y),f.mark(A,e.t("dead")),l=yo(s,$,A),o(".focus .hold").setAttribute("aria-label",v)};return{draw($){cn($.pixel,i?.pixel??null)||(c=null),i=$,h=$.pixel?.layer??h;let{pixel:y,look:N,network:q,slice:H,theme:x}=$;t.classList.toggle("one",y!==null),S(vo($),o(".head")),S(xo($),o(".seen figcaption")),S(y?e.t("the map of channel {channel}",{...y}):b,o(".focus figcaption")),S(y?Mo($,y):ko($),o(".lead")),S(So($),o(".tools")),r.setAttribute("aria-label",e.t("The picture, with what the network sees of it framed")),o(".focus .hold").setAttribute("aria-roledescription",e.t("feature map"));for(let[Z,v]of[[".focus",!!y],[".film",!!y],[".maps",!!y],[".overview",!y]])o(Z).hidden=!v;y?(f.draw(N.number,Nt($,y),y,H,x,e.t("dead")),g.draw(q,N,y,H,x.theme)):w.draw(q,N,H,x.theme);let _=a(".tools canvas.ends");_&&y&&at(_,ot(Nt($,y),y.channel,H,x.theme),x),I($)},focus:()=>i?.pixel?o(".focus .hold").focus():w.focus(h),destroy:()=>cancelAnimationFrame(u)}}var ee=new WeakMap;function Nt({look:t,other:e,slice:n},{layer:o}){let a=t.maps[o],r=e?.maps[o];if(!n.difference||!r||r.bytes.length!==a.bytes.length)return a;let s=ee.get(a)?.get(r)??$t(a,r);return ee.set(a,(ee.get(a)??new WeakMap).set(r,s)),s}function yo(t,e,n){let o=Nt(e,n),a=ot(o,n.channel,e.slice,e.theme.theme);return Mt(t,hn(e,n)??ft(o,n.channel),o,{pixel:n,zoom:e.slice.zoom,tone:a,theme:e.theme})}function hn(t,e){let{pixel:n,session:o,look:a,slice:r}=t;return!n||n.layer!==e.layer||n.channel!==e.channel||r.difference&&t.other?null:o.map(a,n)}function dn(t,e){let n=Nt(t,e),o=hn(t,e);return o?L(o[e.row*n.width+e.column]):`\u2248 ${qe(ye(n,e.channel,e.row,e.column),n.high[e.channel]-n.low[e.channel])}`}function bo({look:t,fieldOf:e},n){return Array.from({length:n.layer},(o,a)=>e(R(n,t,a))).filter(o=>o!==null)}function vo({app:t,pixel:e,network:n,look:o,change:a}){let{t:r}=t;if(!e)return p`<h1>${r("What each layer sees")}</h1>`;let s=n.layers[e.layer],i=c=>a(F(R(e,o,c)));return p`
    <button class="quiet back" @click=${()=>a({layer:null,channel:null,place:null,walking:!1})}>← ${r("All layers")}</button>
    <button class="quiet" aria-label=${r("Previous layer")} aria-disabled=${e.layer===0} @click=${()=>i(e.layer-1)}>‹</button>
    <button class="quiet" aria-label=${r("Next layer")} aria-disabled=${e.layer===n.layers.length-1} @click=${()=>i(e.layer+1)}>›</button>
    <h1>${r("Layer {layer}",{layer:e.layer})} <small>${C(r,s)} · <code>${s.path}</code> · ${Q(s)}</small></h1>
  `}function ko({app:t,look:e,network:n}){let{t:o}=t,a={channels:n.layers.reduce((r,s)=>r+s.channels,0).toLocaleString("en")};return p`
    <p>${n.trained?o("These are all {channels} feature maps that the network makes from the picture: edges first, then textures, then parts of objects.",a):o("These are all {channels} feature maps that the network makes from the picture, layer by layer.",a)}</p>
    <p>${o("Point at a map: the part of the picture that this pixel sees lights up. Click to open the layer.")}</p>
    ${e.top?p`<p class="first">${o("It predicts:")} <b>${t.words(e.top[0].name)}</b>, ${z(e.top[0].p)}</p>`:b}
  `}function xo({app:t,network:e,pixel:n,fieldOf:o,edgesOf:a}){let{t:r}=t,s=n&&o(n),i=n&&a(n.layer);if(i?.status==="unknown")return r("The receptive field of this layer is unknown: the page does not follow {function}.",{function:i.lost??""});if(!s)return r("In the frame: what the network sees, scaled to {height} \xD7 {width} pixels",e.input);let{rows:c,columns:l}=J(s,e.input),u=r("rows {top}\u2013{bottom}, columns {left}\u2013{right}",{top:c[0],bottom:c[1],left:l[0],right:l[1]}),h=i?.status==="bound"?r("at most"):i?.holes?r("with gaps"):"";return h?`${u} (${h})`:u}function Mo(t,e){let{app:n,change:o,slice:a,look:r}=t,{t:s}=n,i=l=>o(F(At(e,r,a.sort,l))),c=l=>o({zoom:Math.min(64,Math.max(1,n.store.state.network.zoom*l))});return p`
    <p class="value"><span>${dn(t,e)}</span></p>
    <p class="hint">${s("channel {channel}, row {row}, column {column}",{...e})}</p>
    <div class="acts">
      <button @click=${()=>o({panel:"sum"})}>${s("Open the sum")}</button>
      <span>
        <button aria-label=${s("Previous channel")} @click=${()=>i(-1)}>‹</button>
        ${s("channel")}
        <button aria-label=${s("Next channel")} @click=${()=>i(1)}>›</button>
      </span>
      <span>
        <button aria-label=${s("Smaller")} aria-disabled=${a.zoom<=1} @click=${()=>c(.5)}>−</button>
        ${s("zoom")}
        <button aria-label=${s("Larger")} aria-disabled=${a.zoom>=64} @click=${()=>c(2)}>+</button>
      </span>
    </div>
  `}function So({app:t,slice:e,change:n,pixel:o,look:a,other:r}){let{t:s}=t,i={index:s("by index"),activity:s("by mean activation"),variation:s("by standard deviation")},c=o?K(a.maps[o.layer]):0;return p`
    ${Lt(s("Sort"),tt,i,e.sort,l=>n({sort:l}))}
    ${Lt(s("Range"),["map","layer"],{map:s("each map's own"),layer:s("the whole layer's")},e.scale,l=>n({scale:l}))}
    ${Lt(s("Colours"),["auto","magma"],{auto:s("grey"),magma:"magma"},e.palette,l=>n({palette:l}))}
    ${o?p`<span class="count">${s("{n} channels",{n:a.maps[o.layer].channels})}${c?p`, <b>${s("{dead} dead",{dead:c})}</b>`:b}</span>`:Lt(s("Show"),["all","blocks"],{all:s("every layer"),blocks:s("the last of each block")},e.filter,l=>n({filter:l}))}
    ${o&&r&&e.difference?p`<span class="count">${s("first \u2212 second")}</span>`:b}
    ${o&&(gt(a.maps[o.layer],e.scale)||e.difference)?p`<canvas class="ends"></canvas>`:p`
          ${o&&j(a.maps[o.layer])?b:p`<span class="legend">0 <i class="ramp ${e.palette}"></i> ${s("highest in the map")}</span>`}
          ${o&&!j(a.maps[o.layer])?b:p`<span class="legend">${s("below 0")} <i class="ramp signed"></i> ${s("above 0")}</span>`}
        `}
  `}var Lt=(t,e,n,o,a)=>p`
  <label class="field"><span>${t}</span>
    <select @change=${r=>a(r.target.value)}>
      ${e.map(r=>p`<option value=${r} ?selected=${r===o}>${n[r]}</option>`)}
    </select>
  </label>
`,cn=(t,e)=>t===e||!!t&&!!e&&t.layer===e.layer&&t.channel===e.channel&&t.row===e.row&&t.column===e.column;var Oo=600;function pn(t,e){let n=0,o=()=>{let a=t();if(!a)return;let{pixel:r,look:s}=a;if((r??{layer:-1,channel:0,row:0,column:0}).layer===s.maps.length-1)return e({walking:!1});if(r)return e(F(R(r,s,r.layer+1)));e({layer:0,channel:null,place:null})};return{follow(a){a!==!!n&&(clearInterval(n),n=a?Number(setInterval(o,Oo)):0,a&&o())}}}function Yr(t,e){let{recipe:n,stage:o,explain:a}=se(t,e,{recipe:"Network and picture"}),r=o.appendChild(document.createElement("div")),s=o.appendChild(document.createElement("div"));r.className="waits",s.className="view";let i=v=>e.store.change("network",v),c=()=>i({tick:e.store.state.network.tick+1}),l=tn(e,v=>lt(e,v),c),u=Se(),h=un(s,e,u),d={picture:X,second:null},m=null,w=pn(()=>f,i),f=null,g={picture:null,second:null},O=async(v,A,E)=>{g[v]=null;try{i({[v]:(await we(e,A,E)).name})}catch(M){g[v]=Ft(M),c()}},I=v=>i({name:v,layer:null,channel:null,place:null,walking:!1,shift:[0,0],word:null}),$=v=>(d={picture:v.picture??d.picture,second:v.second??d.second},{...v,...d}),y=v=>{let A=Xe(t,()=>h.focus()),E=$(v.network),M=l.see(E),{network:W,look:T}=M;f=W&&T?N(E,M,W,T):null,S(p`
        ${Ee(e,M,I)}
        ${bt(e,E,"picture",{choose:G=>i({picture:G}),file:(G,Pt)=>O("picture",G,Pt),error:g.picture})}
        ${W?Ze(e,W,T,f?.pixel?.layer??null,G=>i({layer:G,channel:null,place:null})):b}
      `,n),te(n);let rt=f?.pixel?.layer??null;if(rt!==m&&Tt(n.parentElement,n.querySelector('.layer[aria-current="true"]')),m=rt,S(H(M),r),x(r,E),s.hidden=!f,!f)return S(b,a);h.draw(f),Ye(a,f),w.follow(E.walking),A()};function N(v,A,E,M){let W=A.fields?.value??null;return{app:e,slice:v,session:l,seen:A,network:E,look:M,other:A.looks[1]?.value??null,pixel:Gt(v,M),theme:ie(t),change:i,file:O,fileErrors:g,edgesOf:T=>W?.[T]??null,fieldOf:T=>W?.[T.layer]?Le(W[T.layer],M.maps[T.layer].height,T):null}}function q(){let v=e.store.state.network;return f&&{...f,slice:v,pixel:Gt(v,f.look)}}function H({listed:v,opened:A,looks:E,fields:M,name:W}){let{t:T}=e,rt=()=>l.questions.forget(),G=[["list",v,T("Listing the networks\u2026")],["open",A,T("Opening {name}: a first run counts its layers\u2026",{name:W??""})],["look 0",E[0],T("The network looks at the picture\u2026")],["fields",M,""]];for(let[Pt,st,ne]of G)if(!(!st||st.state==="here"))return st.refusal?P(e,st.refusal,e.host.kind==="alone"?null:rt):st.state==="cancelled"?p`<p class="waiting">${T("Stopped.")} <button @click=${rt}>${T("Try again")}</button></p>`:ne?vt(e,ne,()=>l.questions.cancel(Pt)):b;return b}let x=(v,A)=>{let E=v.querySelector("canvas.preview"),M=lt(e,A.picture??"");!E||!M||f||(E.width=M.width,E.height=M.height,B(E).drawImage(U(M.rgb,M.height,M.width),0,0))},_=re(t,e,"network",(v,A)=>O(e.store.state.network.panel==="compare"?"second":"picture",v,A)),Z=new ResizeObserver(()=>f&&e.store.state.tab==="network"&&c());return Z.observe(o),me(e).then(c,v=>{g.picture=Ft(v),c()}),{draw:y,keys:Je(q,()=>h.focus()),help:Ke,hide:()=>w.follow(!1),show(){},destroy(){_(),l.questions.close(),h.destroy(),Z.disconnect(),u.destroy(),w.follow(!1)}}}export{Yr as mount};
