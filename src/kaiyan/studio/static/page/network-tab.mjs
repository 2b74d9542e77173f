import{a as Rt,b as Dt}from"./stage-kernel-shared.mjs";import{b as xe}from"./convolution-reading-shared.mjs";import{C as P,Ca as be,E as wt,Ga as ve,M as fe,N as gt,O as de,P as pe,a as G,b as d,e as b,f as O,fb as ke,g as mt,h as le,i as X,ia as $t,ja as me,ka as we,la as ge,ma as $e,na as Wt,oa as ye,pb as tt,qb as et,v as ce,y as ue,z as he}from"./tabs-shared.mjs";var H=256,Me=new Map;function lt({pictures:t},e){let n=le(e);if(!n)return t.called(e)??null;let o=Me.get(e)??{name:e,title:n.title,height:H,width:H,rgb:vn(n)};return Me.set(e,o),o}function vn({colour:t}){let e=new Uint8Array(H*H*3);for(let n=0;n<H*H;n++)e.set(t(Math.floor(n/H),n%H,H),3*n);return e}function Se(t,{listed:e,name:n,network:o},r){let{t:a}=t,s=e.value??[],i=s.find(l=>l.name===n),c=o?.card??i?.card??[];return d`
    <label class="field">
      <span>${a("Network")}</span>
      <select ?disabled=${!s.length} @change=${l=>r(Ae(l))}>
        ${s.map(l=>d`<option value=${l.name} ?selected=${l.name===n}>${t.words(l.title)}</option>`)}
        ${n&&!i?d`<option value=${n} selected>${n}</option>`:b}
      </select>
    </label>
    ${i?.needs?d`<p class="hint">${a("To open it:")} <code>${t.words(i.needs)}</code></p>`:b}
    ${c.length?kn(t,c,o?.input.normalised):b}
    ${xn(t,r)}
  `}function kn(t,e,n){return d`
    <details class="card">
      <summary>${t.t("Model card")}</summary>
      ${e.map(o=>d`<p>${t.words(o)}</p>`)}
      ${n?d`<p><small>${t.t("Input")}</small> ${t.words(n)}</p>`:b}
    </details>
  `}function xn(t,e){let{t:n}=t,o=r=>{r.preventDefault();let a=String(new FormData(r.target).get("zoo")??"").trim();a&&e(a)};return d`
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
  `}function yt(t,e,n,{choose:o,file:r,error:a}){let{t:s}=t,i=f=>{f?.[0]&&r(f[0],f[0].name)},c=f=>{f.preventDefault(),Vt(f,!1),i(f.dataTransfer?.files)},l=e[n],u=l&&l!==X&&!mt.some(f=>f.name===l)?lt(t,l):null,h=s(n==="picture"?"Picture":"Second picture");return d`
    <div class="drop" @dragover=${f=>Vt(f,!0)} @dragleave=${f=>Vt(f,!1)} @drop=${c}>
      <label class="field">
        <span>${h}</span>
        <select @change=${f=>o(Ae(f))}>
          ${l?b:d`<option selected disabled>${s("none yet")}</option>`}
          ${u?d`<option value=${u.name} selected>${u.title}</option>`:b}
          <option value=${X} ?selected=${l===X}>${s("the photograph")}</option>
          ${mt.map(f=>d`<option value=${f.name} ?selected=${l===f.name}>${s(f.title)}</option>`)}
        </select>
      </label>
      <p class="hint">
        <label class="file">
          <input class="unseen" type="file" accept="image/*" aria-label=${s("Choose a file")} @change=${f=>i(f.target.files)} />
          <span>${s("Your own\u2026")}</span>
        </label>
        ${s("or drop or paste one here")}
      </p>
      ${a?L(t,a):b}
    </div>
  `}function Vt(t,e){t.preventDefault(),t.currentTarget.classList.toggle("over",e)}function L(t,e,n=null){return d`
    <div class="refused" role="alert">
      ${ce(t,e)}
      ${n?d`<button @click=${n}>${t.t("Try again")}</button>`:b}
    </div>
  `}var bt=(t,e,n)=>d`
  <div class="waiting" role="status">
    <canvas class="preview" aria-hidden="true"></canvas>
    <p>${e}</p>
    <button @click=${n}>${t.t("Cancel")}</button>
  </div>
`,Ae=t=>t.target.value;var Mn=5;function Ee(t,e,n,o){let r=e/n,a=Math.max(1,Math.ceil(Math.sqrt(t*r)));for(;a>1&&Math.ceil(t/(a-1))*r<=a-1;)a-=1;let s=o/a>=8?1:0,i=Math.max(1,Math.floor((o+s)/a)-s);return Te(t,a,i,Math.max(1,Math.round(i*r)),s)}function vt(t,e,n,o,{height:r,least:a,gap:s}){let i=e/n,c=Math.sqrt(o*r/(t*i))-s,l=Math.min(Math.max(c,a),o,Math.max(n*8,a)),u=Math.max(1,l>=n?Math.floor(l/n)*n:Math.floor(l)),h=Math.max(1,Math.min(t,Math.floor((o+s)/(u+s))));return Te(t,h,u,Math.max(1,Math.round(u*i)),s)}function Te(t,e,n,o,r){let a=Math.ceil(t/e);return{columns:e,rows:a,tileWidth:n,tileHeight:o,gap:r,width:e*(n+r)-r,height:a*(o+r)-r}}var kt=({columns:t,tileWidth:e,tileHeight:n,gap:o},r)=>[r%t*(e+o),Math.floor(r/t)*(n+o)];function xt(t,e,n,o,r){let{columns:a,tileWidth:s,tileHeight:i,gap:c}=t,l=Math.floor(o/(s+c)),u=Math.floor(r/(i+c)),h=u*a+l,f=o-l*(s+c),p=r-u*(i+c);return o<0||r<0||l>=a||h>=e||f>=s||p>=i?null:{slot:h,row:Math.floor(p/i*n.height),column:Math.floor(f/s*n.width)}}function Sn(t,e,n,[o,r],a){let s=o<0?2*fe:255,i=(e.low[n]-o)/(r-o)*s,c=(e.high[n]-e.low[n])/(r-o)*(s/255);for(let l=0;l<256;l++)a[l]=t[Math.max(0,Math.min(s,Math.round(i+l*c)))]}function qe(t,e,n,o,r,a){let s=new Uint32Array(256),i=An(e,n);for(let c=0;c<o.length;c++)Sn(r,n,o[c],a(o[c]),s),i(t,c,o[c]*n.height*n.width,s)}function An(t,e){return t.tileWidth>=e.width&&t.tileHeight>=e.height?On(t,e):En(t,e)}function On(t,{bytes:e,height:n,width:o}){let r=Int32Array.from({length:t.tileWidth},(a,s)=>Math.floor(s/t.tileWidth*o));return(a,s,i,c)=>{let[l,u]=kt(t,s),h=-1;for(let f=0;f<t.tileHeight;f++){let p=Math.floor(f/t.tileHeight*n),w=(u+f)*t.width+l;if(p===h)a.copyWithin(w,w-t.width,w-t.width+t.tileWidth);else for(let m=0;m<t.tileWidth;m++)a[w+m]=c[e[i+p*o+r[m]]];h=p}}}function En(t,{bytes:e,height:n,width:o}){let r=Oe(o,t.tileWidth),a=Oe(n,t.tileHeight),s=r.length/t.tileWidth,i=a.length/t.tileHeight,c=1/(s*i);return(l,u,h,f)=>{let[p,w]=kt(t,u);for(let m=0;m<t.tileHeight;m++){let $=(w+m)*t.width+p;for(let x=0;x<t.tileWidth;x++){let C=0;for(let g=0;g<i;g++){let y=h+a[m*i+g]*o;for(let A=0;A<s;A++)C+=e[y+r[x*s+A]]}l[$+x]=f[Math.round(C*c)]}}}}function Oe(t,e){let n=Math.max(1,Math.min(Mn,Math.round(t/e)));return Int32Array.from({length:e*n},(o,r)=>{let a=Math.floor(r/n);return Math.min(t-1,Math.floor((a+(r%n+.5)/n)/e*t))})}var Tn=(t,e,n,o)=>(e*t.height+n)*t.width+o;function Ce(t,e,n,o){let{low:r,high:a,bytes:s}=t;return r[e]+s[Tn(t,e,n,o)]/255*(a[e]-r[e])}function Mt(t,e){let n=t.height*t.width,o=(t.high[e]-t.low[e])/255,r=t.low[e];return Float64Array.from(t.bytes.subarray(e*n,(e+1)*n),a=>r+a*o)}var z=t=>t.signed??=t.low.some(e=>e<0);function ut(t,e){return t.low[e]===0&&t.high[e]===0?!0:t.height*t.width>1&&t.low[e]===t.high[e]}var K=t=>t.low.reduce((e,n,o)=>e+Number(ut(t,o)),0),Le=t=>t.nonzero.reduce((e,n)=>e+n,0)/t.channels;function ht(t){if(!z(t))return t.mean;let e=Pe.get(t);if(e)return e;let n=t.height*t.width,o=new Float64Array(t.channels);for(let r=0;r<t.channels;r++){let[a,s]=ct(t,r);for(let i=r*n;i<(r+1)*n;i++)o[r]+=Math.abs(a+t.bytes[i]*s);o[r]/=n}return Pe.set(t,o),o}var Pe=new WeakMap;function _(t,e){let n=Array.from({length:t.channels},(r,a)=>a);if(e==="index")return n;let o=e==="activity"?ht(t):t.deviation;return n.sort((r,a)=>o[a]-o[r]||r-a)}function Ne(t,e){if(t.bytes.length!==e.bytes.length||t.channels!==e.channels)return null;let n=t.height*t.width,o=0,r=0,a=0;for(let s=0;s<t.channels;s++){let[i,c]=ct(t,s),[l,u]=ct(e,s);for(let h=s*n;h<(s+1)*n;h++){let f=i+t.bytes[h]*c,p=l+e.bytes[h]*u;o+=f*p,r+=f*f,a+=p*p}}return r&&a?o/Math.sqrt(r*a):null}var ct=(t,e)=>[t.low[e],(t.high[e]-t.low[e])/255];function St(t,e){let n=t.height*t.width,{channels:o,height:r,width:a}=t,s={channels:o,height:r,width:a,signed:!0,...qn(o),bytes:new Uint8Array(t.bytes.length)};for(let i=0;i<o;i++){let[c,l]=ct(t,i),[u,h]=ct(e,i),f=i*n,p=Float64Array.from({length:n},(w,m)=>c+t.bytes[f+m]*l-u-e.bytes[f+m]*h);Pn(s,i,p)}return s}var qn=t=>({low:new Float32Array(t),high:new Float32Array(t),mean:new Float32Array(t),deviation:new Float32Array(t),nonzero:new Float32Array(t)});function Pn(t,e,n){let o=1/0,r=-1/0,a=0,s=0,i=0;for(let u of n)u<o&&(o=u),u>r&&(r=u),a+=u,s+=u*u,i+=+(u!==0);let c=r>o?255/(r-o):0,l=e*n.length;for(let u=0;u<n.length;u++)t.bytes[l+u]=Math.round((n[u]-o)*c);t.low[e]=o,t.high[e]=r,t.mean[e]=a/n.length,t.deviation[e]=Math.sqrt(Math.max(0,s/n.length-t.mean[e]**2)),t.nonzero[e]=i/n.length}var nt=({height:t,width:e},n)=>n==="layer"||t*e===1;function ft(t,e){let n=e===null?Cn(t.low):t.low[e],o=e===null?Ln(t.high):t.high[e];if(!z(t))return[0,o||1];let r=Math.max(Math.abs(n),Math.abs(o))||1;return[-r,r]}var Cn=t=>t.reduce((e,n)=>Math.min(e,n),1/0),Ln=t=>t.reduce((e,n)=>Math.max(e,n),-1/0);var k=()=>globalThis.devicePixelRatio||1;function Ht(t,e,n){return z(t)?gt(n):e==="magma"?pe:de}function ot(t,e,n,o,{palette:r,scale:a,theme:s}){let i=performance.now();dt(t,e.width,e.height);let c=new ImageData(e.width,e.height),l=nt(n,a)?ft(n,null):null,u=new Uint32Array(Ht(n,r,s).slice().buffer);qe(new Uint32Array(c.data.buffer),e,n,o,u,h=>l??ft(n,h)),V(t).putImageData(c,0,0),performance.measure("kaiyan: maps drawn",{start:i,end:performance.now(),detail:o.length})}var V=t=>t.getContext("2d");function dt(t,e,n){t.width!==e&&(t.width=e),t.height!==n&&(t.height=n),t.style.width=`${e/k()}px`,t.style.height=`${n/k()}px`}function B(t,e,n){let o=document.createElement("canvas");o.width=n,o.height=e;let r=new ImageData(n,e);for(let a=0,s=0;a<t.length;s+=4)r.data[s]=t[a++],r.data[s+1]=t[a++],r.data[s+2]=t[a++],r.data[s+3]=255;return V(o).putImageData(r,0,0),o}function ze(){let t=new WeakMap,e=new WeakSet,n=r=>{let a=t.get(r);!a||a.drawn===a.key||!e.has(r)||(a.drawn=a.key,a.draw())},o=new IntersectionObserver(r=>{for(let{target:a,isIntersecting:s}of r)s?e.add(a):e.delete(a),n(a)},{rootMargin:"240px"});return{paint(r,a,s){let i=t.get(r);i||o.observe(r),t.set(r,{key:a,draw:s,drawn:i?.drawn??null}),n(r)},forget(r){for(let a of r){let s=t.get(a);s&&(s.drawn=null)}},destroy:()=>o.disconnect()}}var Yt={};G(Yt,{bars:()=>Ut,paint:()=>Wn,view:()=>In});var Nn=112;function _t(t,e,{height:n,width:o},[r,a]){let s=Nn*k()/Math.max(n,o),[i,c]=[Math.round(o*s),Math.round(n*s)];dt(t,i,c);let l=V(t);l.clearRect(0,0,i,c),l.drawImage(B(e.input,n,o),a*s,r*s,i,c)}function Fe({status:t,which:e,views:n},o,{channel:r,row:a,column:s}){let i=n[e?.[r]??0];if(t==="unknown"||!i)return null;let c=2*(o+s);return i[2*a]<0||i[c]<0?null:{rows:[i[2*a],i[2*a+1]],columns:[i[c],i[c+1]]}}function Q(t,{height:e,width:n}){let o=(r,a)=>Math.min(Math.max(r,0),a-1);return{rows:[o(t.rows[0],e),o(t.rows[1],e)],columns:[o(t.columns[0],n),o(t.columns[1],n)]}}function jt(t,e,n){let o=e[2]/n.height,r=e[3]/n.width;return[e[0]+t.rows[0]*o,e[1]+t.columns[0]*r,(t.rows[1]-t.rows[0]+1)*o,(t.columns[1]-t.columns[0]+1)*r]}var Ie=({rows:t,columns:e})=>[t[1]-t[0]+1,e[1]-e[0]+1],Bt=(t,e,n)=>Math.min(n-1,Math.floor((t+.5)/e*n));function F(t,{kind:e,kernel:n,groups:o,channels:r,sum:a}){if(n&&a==="conv"){let s=n.join(" \xD7 ");return o&&o>1?t(o===r?"{window} depthwise":"{window} in {groups} groups",{window:s,groups:o}):`${s} ${/transpose/i.test(e)?t("transposed"):t("conv")}`}return a==="norm"?t("norm"):a==="add"?t("add"):e}function We(t,{layer:e,channel:n,row:o,column:r},a,s,i){let c={layer:e,channel:n,row:o,column:r,value:i};if(!a)return t("Layer {layer}, channel {channel}, row {row}, column {column}: {value}",c);let{rows:l,columns:u}=Q(a,s);return t("Layer {layer}, channel {channel}, row {row}, column {column} sees rows {top}\u2013{bottom}, columns {left}\u2013{right} of the picture: {value}",{...c,top:l[0],bottom:l[1],left:u[0],right:u[1]})}function I(t){let e=100*t;return e>0&&e<.1?"< 0.1\u202F%":`${e>=10||e===0?Math.round(e):e.toFixed(1)}\u202F%`}function Re(t,e){if(t===0||e===0)return P(t);let n=Math.max(0,Math.ceil(-Math.log10(e/255)));return P(Number(t.toFixed(Math.min(20,n))))}var zn=[["\u2196",-1,-1],["\u2191",-1,0],["\u2197",-1,1],["\u2190",0,-1],["\xB7",0,0],["\u2192",0,1],["\u2199",1,-1],["\u2193",1,0],["\u2198",1,1]],De=32,Fn=[["same","TensorFlow"],["same_lower","ONNX"],["torch","PyTorch"]];function In(t){let{app:e,look:n,network:o}=t;return n.top?d`
    <h2>${e.t("What is in the picture?")}</h2>
    ${Ut(t,n.top,null)}
    <p class="hint">${o.trained?e.t("It knows {n} classes and always answers with one of them. If none of them is in the picture, it names what looks most like it.",{n:o.layers[o.layers.length-1].channels}):e.t("If this network was not trained, its predictions mean nothing.")}</p>
    ${Rn(t)} ${_n(t)}
  `:d`<p>${e.t("This network does not predict classes. Look at its feature maps instead.")}</p>`}function Wn(t,e){let n=t.querySelector("canvas.moved");n&&_t(n,e.look,e.network.input,e.slice.shift)}function Ut({app:t},e,n){let o=new Map(n?.map(({name:r,p:a})=>[r.en,a]));return d`
    <ol class="answers">
      ${e.map(({name:r,p:a})=>{let s=o.get(r.en);return d`
          <li data-part=${a.toFixed(4)} data-was=${s===void 0?b:s.toFixed(4)}>
            <span class="name">${t.words(r)}</span>
            <span class="p">${s===void 0?b:d`<small>${I(s)} →</small>`} ${I(a)}</span>
            <span class="bar" aria-hidden="true"></span>
          </li>
        `})}
    </ol>
  `}function Rn(t){let{app:e,slice:n,change:o}=t,{t:r}=e,[a,s]=n.shift,i=a||s?t.session.about("moved",t.look,{slot:0,down:a,right:s}):null,c=(l,u)=>o({shift:l||u?[At(a+l),At(s+u)]:[0,0]});return d`
    <h3>${r("Move the picture by a pixel")}</h3>
    <div class="move">
      <div class="ways" role="group" aria-label=${r("Move the picture by a pixel")}>
        ${zn.map(([l,u,h])=>d`<button aria-label=${Ve(r,u,h)} title=${Ve(r,u,h)} @click=${()=>c(u,h)}>${l}</button>`)}
      </div>
      <canvas class="moved" @pointerdown=${l=>jn(l,t)}></canvas>
      <p class="by">${Dn(r,a,s)}</p>
    </div>
    ${i?He(t,i):d`<p class="hint">${r("When the picture moves, the output of a convolution moves with it. For a whole network this holds only roughly: strides and borders do not move along.")}</p>`}
  `}function Ve(t,e,n){return!e&&!n?t("back to its place"):[e<0?t("up"):e>0?t("down"):"",n<0?t("left"):n>0?t("right"):""].filter(Boolean).join(", ")}function Dn(t,e,n){let o=[e?t(e>0?"{n} px down":"{n} px up",{n:Math.abs(e)}):"",n?t(n>0?"{n} px right":"{n} px left",{n:Math.abs(n)}):""].filter(Boolean);return o.length?o.join(", "):t("not moved")}function He(t,e){let{app:n}=t;if(e.refusal)return L(n,e.refusal,()=>t.session.questions.forget());if(!e.value)return d`<p class="hint" role="status">${n.t("The network looks again\u2026")}</p>`;let{top:o,was:r,how:a,changed:s}=e.value.facts;return d`
    ${Ut(t,o,r)}
    <p>${Vn(t,o,r)}</p>
    ${a?d`<p class="hint">${n.words(a)}</p>`:b}
    ${s?Hn(t,s):b}
  `}function Vn({app:t},e,n){if(e[0].name.en!==n[0].name.en)return t.t("The top prediction changed from {was} to {now}.",{was:t.words(n[0].name),now:t.words(e[0].name)});let[o]=n.toSorted((r,a)=>Math.abs(a.after-a.p)-Math.abs(r.after-r.p));return t.t("The largest change: {name}, {old} \u2192 {now}.",{name:t.words(o.name),old:I(o.p),now:I(o.after)})}function Hn({app:t},e){let{t:n}=t,o=r=>r.map(([a,s])=>`${a}+${s}`).join(", ");return e.length?d`
    <details>
      <summary>${n("{n} layers pad differently",{n:e.length})}</summary>
      <table class="statistics">
        ${e.map(({path:r,pads:a})=>d`<tr><th scope="row"><code>${r}</code></th><td>${o(a.was)} → ${o(a.now)}</td></tr>`)}
      </table>
    </details>
  `:d`<p>${n("No layer changes its padding: the network already uses this convention.")}</p>`}function _n(t){let{app:e,slice:n,change:o,look:r,session:a}=t,{t:s}=e,i=n.word?a.about("convention",r,{slot:0,word:n.word}):null;return d`
    <h3>${s("Change the padding convention")}</h3>
    <div class="choices" role="group" aria-label=${s("Change the padding convention")}>
      ${Fn.map(([c,l])=>d`
          <button aria-pressed=${n.word===c} @click=${()=>o({word:n.word===c?null:c})}>
            <code>${c}</code> <small>${l}</small>
          </button>
        `)}
    </div>
    ${i?He(t,i):b}
    <p class="hint">${s("At stride 2, the padding conventions of the libraries can place the windows one pixel apart. The weights fit only the convention that they were trained with.")}</p>
  `}function jn(t,{slice:e,change:n,network:o,look:r}){let a=t.currentTarget,s=o.input.width/a.clientWidth,[i,c]=[t.clientX,t.clientY],l=e.shift;a.setPointerCapture(t.pointerId);let u=f=>{l=[At(e.shift[0]+Math.round((f.clientY-c)*s)),At(e.shift[1]+Math.round((f.clientX-i)*s))],_t(a,r,o.input,l)},h=()=>{a.removeEventListener("pointermove",u),n({shift:l})};a.addEventListener("pointermove",u),a.addEventListener("lostpointercapture",h,{once:!0})}var At=t=>Math.max(-De,Math.min(De,t));var Qt={};G(Qt,{paint:()=>Xn,view:()=>Yn});var _e=new WeakMap;function Bn(t,e){let n=_e.get(t)??e();return _e.set(t,n),n}function je(t,{look:e,input:n,theme:o,trail:r},a){let{picture:s,crop:i}=e,c=t.parentElement,l=Math.min(c.clientWidth/s.width,c.clientHeight/s.height),[u,h]=[Math.max(1,Math.floor(s.width*l)),Math.max(1,Math.floor(s.height*l))],f=$t(t,u,h),p=u/s.width,w=([x,C,g,y])=>[C*p,x*p,y*p,g*p];f.imageSmoothingEnabled=p<2;let m=Bn(s,()=>B(s.rgb,s.height,s.width));f.globalAlpha=1,f.clearRect(0,0,u,h),Gt(f,m,u,h,o);let $=a&&jt(Q(a,n),i,n);Xt(f,w(i),()=>Gt(f,m,u,h,o,a?.45:1)),$&&Xt(f,w($),()=>Gt(f,m,u,h,o,1)),Ot(f,w(i),o.soft,1,[3,3]);for(let x of r)Ot(f,w(jt(Q(x,n),i,n)),o.window,1);$&&Ot(f,w($),o.window,2)}function Gt(t,e,n,o,r,a=.25){t.fillStyle=r.paper,t.fillRect(0,0,n,o),t.globalAlpha=a,t.drawImage(e,0,0,n,o),t.globalAlpha=1}function Xt(t,[e,n,o,r],a){t.save(),t.beginPath(),t.rect(e,n,o,r),t.clip(),a(),t.restore()}function Ot(t,[e,n,o,r],a,s,i=[]){let c=Math.max(0,(4-Math.min(o,r))/2),l=[e-c,n-c,o+2*c,r+2*c];t.setLineDash(i),t.strokeStyle="rgb(0 0 0 / 0.6)",t.lineWidth=s+2,i.length||t.strokeRect(...l),t.strokeStyle=a,t.lineWidth=s,t.strokeRect(...l),t.setLineDash([])}function rt(t,e,{scale:n,palette:o},r){let[a,s]=ft(t,nt(t,n)?null:e);return{low:a,high:s,signed:z(t),palette:Ht(t,o,r)}}function Et(t,e,{height:n,width:o},{pixel:r,zoom:a,tone:s,theme:i}){let c=t.parentElement,l=Math.min(c.clientWidth/o,c.clientHeight/n),u=Math.min(l*a,Math.max(l,64)),[h,f]=[Math.min(c.clientWidth,u*o),Math.min(c.clientHeight,u*n)],p=(y,A,N)=>Math.min(Math.max(0,y+.5-N/u/2),Math.max(0,A-N/u)),w={box:{x:1,y:1,width:Math.max(1,h-2),height:Math.max(1,f-2)},cell:a===1?(h-2)/o:u,tall:a===1?(f-2)/n:u,left:p(r.column,o,h-2),top:p(r.row,n,f-2),rows:n,columns:o,value:(y,A)=>e[y*o+A],tone:s,look:i},m=$t(t,h,f);m.clearRect(0,0,h,f),we(m,w);let{x:$,y:x,width:C,height:g}=ge(w,{top:r.row,left:r.column,bottom:r.row+1,right:r.column+1});return Xt(m,[0,0,h,f],()=>Ot(m,[$,x,C,g],i.window,2)),w}function at(t,e,n,o=240){let r=$t(t,o,Wt);r.clearRect(0,0,o,Wt),ye(r,{x:0,y:0,width:o,tone:e,look:n})}function Be(t,e,n){let o=e.getBoundingClientRect();return $e(t,n.clientX-o.left,n.clientY-o.top)}var Kt=new WeakMap;function Un(t,e){let n=Kt.get(t)?.get(e);if(n)return n;let o=t.maps.map((r,a)=>Ne(r,e.maps[a]));return Kt.set(t,(Kt.get(t)??new WeakMap).set(e,o)),o}function Yn(t){let{app:e,slice:n,seen:o,other:r,change:a,file:s,fileErrors:i,session:c}=t,{t:l}=e,u=o.looks[1];return d`
    <h2>${l("Compare two pictures")}</h2>
    ${yt(e,n,"second",{choose:h=>a({second:h}),file:(h,f)=>s("second",h,f),error:i.second})}
    ${u?.state==="asking"?bt(e,l("Looking at the second picture\u2026"),()=>c.questions.cancel("look 1")):b}
    ${u?.refusal?L(e,u.refusal,()=>c.questions.forget()):b}
    ${r?Gn(t,r):d`<p class="hint">${l("Choose a second picture. For each layer, a number tells how similar its maps of the two pictures are.")}</p>`}
  `}function Gn({app:t,look:e,network:n,pixel:o,change:r,slice:a},s){let{t:i}=t;return d`
    ${o?d`
          <div class="pair" aria-label=${i("channel {channel}",{channel:o.channel})}>
            ${[["first",i("first")],["second",i("second")],["difference",i("first \u2212 second")]].map(([c,l])=>d`<figure><div class="hold"><canvas data-pair=${c} role="img" aria-label=${l}></canvas></div><figcaption><small>${l}</small></figcaption></figure>`)}
          </div>
          <p class="legend"><canvas class="ends" data-of="difference"></canvas></p>
          <button aria-pressed=${a.difference} @click=${()=>r({difference:!a.difference})}>${i("Show all maps as differences")}</button>
        `:b}
    <h3>${i("How similar they are in each layer")}</h3>
    <p class="hint">${i("cosine similarity of all maps: 1 means the same up to a factor, 0 means nothing in common")}</p>
    <ol class="spans alike">
      ${Un(e,s).map((c,l)=>d`
          <li data-part=${Math.max(0,c??0).toFixed(4)} aria-current=${o?.layer===l}>
            <button class="quiet" @click=${()=>r({layer:l,channel:null,place:null})}>
              <span class="number">${l}</span> <span class="what">${F(i,n.layers[l])}</span>
              <span class="size">${c===null?"\u2013":P(c)}</span>
              <span class="bar" aria-hidden="true"></span>
            </button>
          </li>
        `)}
    </ol>
  `}function Xn(t,{look:e,other:n,pixel:o,slice:r,theme:a}){if(!n||!o)return;let[s,i]=[e.maps[o.layer],n.maps[o.layer]],c=St(Ue(s,o.channel),Ue(i,o.channel)),l={first:[s,o.channel],second:[i,o.channel],difference:[c,0]};for(let h of t.querySelectorAll("canvas[data-pair]")){let[f,p]=l[h.dataset.pair??""];Et(h,Mt(f,p),f,{pixel:o,zoom:1,tone:rt(f,p,r,a.theme),theme:a})}let u=t.querySelector("canvas.ends");u&&at(u,rt(c,0,r,a.theme),a)}function Ue(t,e){let n=t.height*t.width,o=r=>r.subarray(e,e+1);return{channels:1,height:t.height,width:t.width,low:o(t.low),high:o(t.high),mean:o(t.mean),deviation:o(t.deviation),nonzero:o(t.nonzero),bytes:t.bytes.subarray(e*n,(e+1)*n)}}var Zt={};G(Zt,{view:()=>Kn});function Jt({layer:t,channel:e,place:n},{maps:o}){if(t===null)return null;let r=Math.min(t,o.length-1),{channels:a,height:s,width:i}=o[r];return{layer:r,channel:e===null?qt(o[r]):Math.min(e,a-1),row:Math.min(n?.[0]??Math.floor((s-1)/2),s-1),column:Math.min(n?.[1]??Math.floor((i-1)/2),i-1)}}function qt(t){let e=ht(t),n=0;for(let o=1;o<t.channels;o++)e[o]>e[n]&&(n=o);return n}var W=({layer:t,channel:e,row:n,column:o})=>({layer:t,channel:e,place:[n,o]});function pt(t,e,n,o){let{height:r,width:a}=e.maps[t.layer];return{...t,row:Tt(t.row+n,r),column:Tt(t.column+o,a)}}function Pt(t,e,n,o){let r=_(e.maps[t.layer],n);return{...t,channel:r[Tt(r.indexOf(t.channel)+o,r.length)]}}function R(t,e,n){let o=e.maps[t.layer],r=Tt(n,e.maps.length),{channels:a,height:s,width:i}=e.maps[r],c=a===o.channels?t.channel:qt(e.maps[r]);return{layer:r,channel:c,row:Bt(t.row,o.height,s),column:Bt(t.column,o.width,i)}}var Tt=(t,e)=>Math.min(Math.max(t,0),e-1);function Kn(t){let{app:e,network:n,look:o,pixel:r,slice:a,change:s,fieldOf:i}=t,{t:c}=e,{height:l,width:u}=n.input,h=r??{layer:0,channel:0,row:Math.floor((o.maps[0].height-1)/2),column:Math.floor((o.maps[0].width-1)/2)};return d`
    <h2>${c("What does each layer see?")}</h2>
    <p>${c("A pixel of the first layer sees a few pixels of the picture. Each later layer looks at windows of the layer before. So the receptive field grows, often until it covers the whole picture.")}</p>
    <button class="play" aria-pressed=${a.walking} @click=${()=>s({walking:!a.walking})}>
      ${a.walking?`\u275A\u275A ${c("Stop")}`:`\u25B6 ${c("Play layer by layer")}`}
    </button>
    <ol class="spans">
      ${n.layers.map(f=>{let p=i(R(h,o,f.index)),[w,m]=p?Ie(p):[0,0],$=w*m/(l*u);return d`
          <li data-part=${Math.sqrt($).toFixed(4)} aria-current=${r?.layer===f.index}>
            <button class="quiet" @click=${()=>s({...Qn(R(h,o,f.index)),walking:!1})}>
              <span class="number">${f.index}</span> <span class="what">${F(c,f)}</span>
              <span class="size">${p?`${w} \xD7 ${m}`:c("unknown")}</span>
              <span class="bar" aria-hidden="true"></span>
            </button>
          </li>
        `})}
    </ol>
  `}var Qn=({layer:t,channel:e,row:n,column:o})=>({layer:t,channel:e,place:[n,o]});var ee={};G(ee,{paint:()=>no,view:()=>to});var te=256,Jn=["sobel-x","sobel-y","laplacian"];function Ye({network:t,pixel:e}){let n=e&&t.layers[e.layer];return n?.kernel?n:t.layers.find(({kernel:o})=>o)??null}function Zn({parameters:t,channels:e,kernel:n}){let o=Math.floor(t/(e*(n??[1]).reduce((r,a)=>r*a,1)));return o!==1&&o!==3}function Ge(t){let e=Ye(t);if(!e)return null;let{pixel:n,session:o,look:r}=t,a=Zn(e)?n?.layer===e.index?n.channel:0:void 0;return o.about("kernels",r,{layer:e.index,channel:a})}function to(t){let{app:e,network:n,pixel:o}=t,{t:r}=e,a=Ye(t);if(!a)return d`<p>${r("This network has no kernels to show.")}</p>`;let s=Ge(t),i=s?.value?.facts.shape;return d`
    <h2>${r("What decides a kernel's values?")}</h2>
    <div class="kernels fixed">
      ${Jn.map(c=>d`<figure><canvas data-fixed=${c} role="img" aria-label=${c}></canvas><figcaption><small>${c}</small></figcaption></figure>`)}
    </div>
    <p>${r("A person decided these: sobel-x is the brightness on the right minus that on the left, sobel-y below minus above.")}</p>
    <h3>${r("The kernels of layer {layer}",{layer:a.index})} <code>${a.path}</code></h3>
    <p>
      ${n.trained?r("Nobody chose these numbers. They began at random; training changed them a little, many thousands of times, until most predictions were right."):r("If this network was not trained, these are only random numbers.")}
    </p>
    ${s?.refusal?L(e,s.refusal,()=>t.session.questions.forget()):b}
    ${i?eo(t,i,o?.layer===a.index?o.channel:null):d`<p class="hint" role="status">${r("Fetching the kernels\u2026")}</p>`}
  `}function eo({app:t,change:e},n,o){let{t:r}=t,[a,s]=n,i=Rt(n),c=!i&&s>1,l=c?s*a:a;return d`
    ${c?d`<p>${r("Channel {channel} has one kernel for each of {inputs} input channels.",{channel:o??0,inputs:s})}</p>`:b}
    <div class="kernels">
      ${Array.from({length:Math.min(l,te)},(u,h)=>{let f=c?r("input channel {i}",{i:h}):r("channel {channel}",{channel:h}),p=d`<canvas data-kernel=${h} role="img" aria-label=${f}></canvas>`;return c||o===null?d`<figure>${p}</figure>`:d`<button aria-pressed=${h===o} title=${f} @click=${()=>e({channel:h})}>${p}</button>`})}
    </div>
    ${l>te?d`<p class="hint">${r("the first {most} of {n}",{most:te,n:l})}</p>`:b}
    <p class="legend">${i?r("drawn as colours: grey means 0 in red, green and blue"):d`<canvas class="ends"></canvas>`}</p>
  `}function no(t,e){let{theme:n}=e;for(let s of t.querySelectorAll("canvas[data-fixed]")){let i=ve(s.dataset.fixed??"");i&&Dt(s,Float32Array.from(i.data),i.shape,n,{size:72,most:null})}let o=Ge(e)?.value;if(!o)return;let r=new Float32Array(o.bytes[0].slice().buffer),a=o.facts.shape;oo(t,r,a,n)}function oo(t,e,n,o){let[,,r=1,a=1]=n,s=r*a,i=Rt(n),c=e.reduce((u,h)=>Math.max(u,Math.abs(h)),0);for(let u of t.querySelectorAll("canvas[data-kernel]")){let f=Number(u.dataset.kernel)*(i?3:1)*s,p=e.subarray(f,f+(i?3:1)*s);Dt(u,p,i?[3,r,a]:[r,a],o,{size:36,most:i?null:c})}let l=t.querySelector("canvas.ends");l&&at(l,{low:-c,high:c,signed:!0,palette:gt(o.theme)},o)}var ne={};G(ne,{paint:()=>so,view:()=>ro});var Xe=({session:t,look:e,pixel:n})=>n?t.about("excite",e,{layer:n.layer,channel:n.channel}):null;function ro(t){let{app:e,pixel:n}=t,{t:o}=e;if(!n)return d`<p>${o("Open a layer and choose a channel. The patches of your pictures that activate it most are shown here.")}</p>`;let r=Xe(t),a=r?.value?.facts.patches??null;return d`
    <h2>${o("What activates channel {channel} most?",{channel:n.channel})}</h2>
    <p>${o("The places in your pictures where its value is highest, cropped to its receptive field.")}</p>
    ${r?.refusal?L(e,r.refusal,()=>t.session.questions.forget()):""}
    ${r?.state==="asking"?d`<p role="status" class="hint">${o("Searching the pictures\u2026")}</p>`:""}
    <div class="patches">
      ${a?.map(({picture:s,value:i,box:c,mirrored:l},u)=>d`
          <figure>
            <canvas data-patch=${u} role="img" aria-label=${o("rows {top}\u2013{bottom}, columns {left}\u2013{right} of {picture}",ao(c,s))}></canvas>
            <figcaption><b>${P(i)}</b> <small>${s}${l?`, ${o("mirrored")}`:""}</small></figcaption>
          </figure>
        `)}
    </div>
    ${a?d`<p class="hint">${e.words(r?.value?.facts.searched)}</p>`:""}
    ${a&&!a.length?d`<p>${o("It is dead in all of these pictures.")}</p>`:""}
  `}var ao=([t,e,n,o],r)=>({top:Math.round(t),bottom:Math.round(t+n-1),left:Math.round(e),right:Math.round(e+o-1),picture:r});function so(t,e){let n=Xe(e)?.value;if(n)for(let o of t.querySelectorAll("canvas[data-patch]")){let r=Number(o.dataset.patch),{height:a,width:s}=n.facts.patches[r];o.width=s,o.height=a,V(o).drawImage(B(n.bytes[r],a,s),0,0)}}var oe={};G(oe,{paint:()=>co,view:()=>io});function Ke({facts:t,bytes:e}){if(e.length<2||!e[0].length)return null;let[n,o]=e.slice(0,2).map(c=>new Float64Array(c.slice().buffer)),r=e[2]??new Uint8Array(n.length),a=t.groups?.length?t.groups:[{channel:0,partial:t.sum64-(t.bias??0)}],s=n.length/a.length;return{parts:a.map(({channel:c,partial:l},u)=>({channel:c,partial:l,products:Array.from({length:s},(h,f)=>{let p=u*s+f;return{key:`${c}:${f}`,value:n[p],weight:o[p],product:n[p]*o[p],padding:r[p]===1}})})),bias:t.bias??null,exact:t.sum64??NaN,shown:t.shown??NaN,kind:"float32"}}var Qe=new WeakMap,Je=({session:t,look:e,pixel:n})=>n?t.about("sum",e,{slot:0,...n}):null;function io(t){let{app:e,network:n,pixel:o}=t,{t:r}=e;if(!o)return d`<p>${r("Click a pixel of a map. The sum that makes its value opens here.")}</p>`;let a=n.layers[o.layer],s=d`<h2>${r("The value of one pixel")}</h2>
    <p class="hint"><code>${a.path}</code> ${r("channel {channel}, row {row}, column {column}",{...o})}</p>`;if(!a.sum)return d`${s}<p>${r("The page cannot open the values of {kind}: it does not know how this layer computes them.",{kind:a.kind})}</p>`;let i=Je(t);if(i?.refusal)return d`${s}${L(e,i.refusal,()=>t.session.questions.forget())}`;let c=i?.value?.facts;return d`
    ${s}
    ${c?d`<p class="formula">${e.words(c.formula)}</p>`:d`<p role="status" class="hint">${r("Adding it up in double precision\u2026")}</p>`}
    ${c?.numbers?.length?lo(t,c):b}
    <div class="strip over"></div>
  `}function lo({app:t},{numbers:e,sum64:n,shown:o,residual:r}){let{t:a}=t;return d`
    <table class="numbers">
      ${e.map(({name:s,value:i})=>d`<tr><th scope="row">${t.words(s)}</th><td>${wt(i??NaN)}</td></tr>`)}
      <tr class="total"><th scope="row">${a("in float64")}</th><td>${wt(n??NaN)}</td></tr>
      <tr><th scope="row">${a("the network's value")}</th><td>${wt(o??NaN)}</td></tr>
      <tr><th scope="row">${a("rounding")}</th><td>${P(r??NaN)}</td></tr>
    </table>
  `}function co(t,e){let n=t.querySelector(".strip");if(!n||!e.pixel)return;let o=Qe.get(n);o||(o=be(n,e.app,{holder:()=>e.app.t("The pixel"),close:()=>e.change({panel:"answer"})}),Qe.set(n,o));let r=Je(e)?.value,a=r?Ke(r):null;o.draw(a,a?.parts[0]?.channel)}var re={};G(re,{view:()=>ho});var uo=2048,ho=t=>t.pixel?fo(t,t.pixel):po(t);function fo({app:t,look:e,slice:n,change:o,network:r},a){let{t:s}=t,i=e.maps[a.layer],c=ht(i);return d`
    <h2>${s("The channels of layer {layer}",{layer:a.layer})}</h2>
    <p class="hint"><code>${r.layers[a.layer].path}</code> ${s("{dead} of {n} are dead: the same value everywhere",{dead:K(i),n:i.channels})}</p>
    <table class="statistics">
      <thead><tr>${[s("channel"),s("lowest"),s("highest"),s("mean absolute value"),s("standard deviation"),s("non-zero")].map(l=>d`<th scope="col">${l}</th>`)}</tr></thead>
      <tbody>
        ${_(i,n.sort).slice(0,uo).map(l=>d`
            <tr aria-current=${l===a.channel}>
              <th scope="row"><button class="quiet" @click=${()=>o({channel:l})}>${l}</button></th>
              <td>${P(i.low[l])}</td>
              <td>${P(i.high[l])}</td>
              <td>${P(c[l])}</td>
              <td>${P(i.deviation[l])}</td>
              <td>${ut(i,l)?s("dead"):I(i.nonzero[l])}</td>
            </tr>
          `)}
      </tbody>
    </table>
  `}function po({app:t,look:e,network:n,change:o}){let{t:r}=t;return d`
    <h2>${r("The layers")}</h2>
    <table class="statistics">
      <thead><tr>${[r("layer"),r("kind"),r("size"),r("parameters"),r("dead")].map(a=>d`<th scope="col">${a}</th>`)}</tr></thead>
      <tbody>
        ${n.layers.map(({index:a,path:s,kind:i,channels:c,height:l,width:u,parameters:h})=>d`
            <tr>
              <th scope="row"><button class="quiet" @click=${()=>o({layer:a,channel:null,place:null})}>${a}</button></th>
              <td>${i} <code>${s}</code></td>
              <td>${c} × ${l} × ${u}</td>
              <td>${h.toLocaleString("en")}</td>
              <td>${K(e.maps[a])}</td>
            </tr>
          `)}
      </tbody>
    </table>
  `}var Ze={answer:Yt,sum:oe,field:Zt,patches:ne,kernels:ee,compare:Qt,table:re},mo=t=>({answer:t("Classes"),sum:t("Sum"),field:t("Field"),patches:t("Patches"),kernels:t("Kernels"),compare:t("Compare"),table:t("Table")});function tn(t,e){let{app:n,slice:o,change:r}=e,a=mo(n.t);O(d`
      <div class="panels" role="tablist" aria-label=${n.t("About this place")} @keydown=${i=>wo(i,e)}>
        ${et.map(i=>d`
            <button role="tab" id="${n.id}-network-tab-${i}" aria-selected=${i===o.panel} aria-controls="${n.id}-network-panel" tabindex=${i===o.panel?0:-1} @click=${()=>r({panel:i})}>
              ${a[i]}
            </button>
          `)}
      </div>
      <div class="panel of-${o.panel}" id="${n.id}-network-panel" role="tabpanel" tabindex="0" aria-labelledby="${n.id}-network-tab-${o.panel}">${Ze[o.panel].view(e)}</div>
    `,t);let s=t.querySelector(".panel");Ze[o.panel].paint?.(s,e),ae(s)}function ae(t){for(let e of t.querySelectorAll("[data-part]")){let{style:n,dataset:o}=e;n.setProperty("--part",o.part??"0"),o.was&&n.setProperty("--was",o.was)}}function wo(t,{change:e,app:n}){let o={ArrowRight:1,ArrowLeft:-1}[t.key];if(!o)return;t.preventDefault();let r=et.findIndex(s=>s===n.store.state.network.panel),a=et[(r+o+et.length)%et.length];e({panel:a}),requestAnimationFrame(()=>n.root.querySelector(`#${n.id}-network-tab-${a}`)?.focus())}function en(t,e){let n=t.getRootNode().activeElement;return!n||!t.contains(n)?()=>{}:()=>{(!n.isConnected||n.closest("[hidden]"))&&e()}}var nn=[["\u2190 \u2191 \u2193 \u2192","move to another pixel of the map"],["Shift + \u2190","move by ten pixels"],["[ ]","previous or next channel"],["PgUp PgDn","previous or next layer"],["Enter","open the sum of the pixel"],["Esc","back: to the predictions, then to all layers"],["S","sort the channels in another way"],["D","the difference between two pictures"],["+ \u2212","zoom until the numbers appear"],["P","play layer by layer, or stop"]];function on(t,e){let n=l=>()=>{let u=t();u?.pixel&&u.change(W(l(u.pixel,u)))},o=l=>({ArrowUp:n((u,{look:h})=>pt(u,h,-l,0)),ArrowDown:n((u,{look:h})=>pt(u,h,l,0)),ArrowLeft:n((u,{look:h})=>pt(u,h,0,-l)),ArrowRight:n((u,{look:h})=>pt(u,h,0,l))}),r=l=>()=>{let u=t();if(!u)return;let{pixel:h,look:f,change:p}=u;if(h)return p(W(R(h,f,h.layer+l)));p({layer:l>0?0:f.maps.length-1,channel:null,place:null}),requestAnimationFrame(e)},a=l=>n((u,{look:h,slice:f})=>Pt(u,h,f.sort,l)),s=()=>{let l=t();l&&l.change({sort:tt[(tt.indexOf(l.slice.sort)+1)%tt.length]})},i=()=>{let l=t();l&&l.change({difference:!l.slice.difference,panel:"compare"})},c=l=>()=>{let u=t();u&&u.change({zoom:Math.min(64,Math.max(1,u.slice.zoom*l))})};return{...o(1),...Object.fromEntries(Object.entries(o(10)).map(([l,u])=>[`Shift+${l}`,u])),"[":a(-1),"]":a(1),PageUp:r(-1),PageDown:r(1),Enter:()=>t()?.pixel&&t()?.change({panel:"sum"}),Escape:()=>go(t()),s,d:i,"+":c(2),"=":c(2),"-":c(.5),p:()=>t()?.change({walking:!t()?.slice.walking})}}function go(t){if(!t)return;let{slice:e,change:n}=t;if(e.walking)return n({walking:!1});if(e.zoom>1)return n({zoom:1});if(e.panel==="sum")return n({panel:"answer"});n({layer:null,channel:null,place:null})}function $o(t){let e=t.split("."),n=r=>/^\d+$/.test(e[r]??""),o=e.findIndex((r,a)=>n(a));if(o<0||o===e.length-1)return e.slice(0,-1).join(".");for(;n(o+1)&&o+2<e.length;)o+=1;return e.slice(0,o+1).join(".")}function Ct(t){let e=[];for(let n of t){let o=$o(n.path),r=e.at(-1);r&&r.name===o?r.layers.push(n):e.push({name:o,layers:[n]})}return e}var rn=(t,e)=>e&&t.path.startsWith(`${e}.`)?t.path.slice(e.length+1):t.path,J=({channels:t,height:e,width:n})=>e*n===1?`${t}`:`${t} \xD7 ${e} \xD7 ${n}`;function an(t,{layers:e},n,o,r){let{t:a}=t;return d`
    <nav class="layers" aria-label=${a("Layers")} @keydown=${bo}>
      <button class="layer all" tabindex=${o===null?0:-1} aria-current=${o===null} @click=${()=>r(null)}>
        <span class="what">${a("All layers at once")}</span> <span class="size">${e.length}</span>
      </button>
      ${Ct(e).map(({name:s,layers:i})=>d`
          ${s?d`<h2><code>${s}</code></h2>`:""}
          ${i.map(c=>yo(t,c,rn(c,s),n,o,r))}
        `)}
    </nav>
  `}function yo({t},e,n,o,r,a){let s=o?.maps[e.index],i=s?Le(s):0,c=s?z(s)?t("{path}: values above and below zero",{path:e.path}):t("{path}: {share} of its values are above zero",{path:e.path,share:I(i)}):e.path;return d`
    <button class="layer ${s&&z(s)?"signed":""}" tabindex=${e.index===r?0:-1} aria-current=${e.index===r} title=${c} data-part=${i.toFixed(3)} @click=${()=>a(e.index)}>
      <span class="number">${e.index}</span>
      <span class="what">${n===e.path&&!/^\d+$/.test(n)?d`<code>${n}</code>`:F(t,e)}</span>
      <span class="size">${J(e)}</span>
      <span class="bar" aria-hidden="true"></span>
    </button>
  `}function bo(t){let n=[...t.currentTarget.querySelectorAll(".layer")],o=n.indexOf(t.target),r={ArrowDown:o+1,ArrowUp:o-1,Home:0,End:n.length-1}[t.key];o<0||r===void 0||(t.preventDefault(),n[Math.min(Math.max(r,0),n.length-1)].focus())}function sn(t){let e=new Map,n=async(o,r,a)=>{let s=new AbortController,i={key:r,state:"asking",value:null,refusal:null,since:performance.now()};e.set(o,{task:i,control:s});try{i.value=await a(s.signal),i.state="here"}catch(c){i.state=s.signal.aborted?"cancelled":"failed",i.refusal=i.state==="failed"?Lt(c):null}e.get(o)?.task===i&&t()};return{of(o,r,a){let s=e.get(o);return s?.task.key===r?s.task:(s?.control.abort(),n(o,r,a),e.get(o).task)},cancel:o=>e.get(o)?.control.abort(),forget(o=(r,{state:a})=>a==="failed"||a==="cancelled"){for(let[r,{task:a,control:s}]of[...e])o(r,a)&&(s.abort(),e.delete(r));t()},close(){let o=[...e.values()].map(({control:r})=>r);e.clear();for(let r of o)r.abort()},isLost:()=>[...e.values()].some(({task:o})=>o.refusal?.code==="connection-lost")}}function Lt(t){let e=t?.refusal;if(e)return e;let n=t instanceof Error?t.message:String(t);return{code:"page-fails",words:{en:n,zh:n},ways:[]}}function Nt(t,e){if(!e)return;let[n,o]=[e.getBoundingClientRect(),t.getBoundingClientRect()],r=(a,s,i,c)=>a<i||s>c?(a+s)/2-(i+c)/2:0;t.scrollLeft+=r(n.left,n.right,o.left,o.right),t.scrollTop+=r(n.top,n.bottom,o.top,o.bottom)}var vo=0;function ln(t,e,n){let o=sn(n),r=t.host.ask.bind(t.host),a=()=>o.of("list","",async u=>(await r("network.list",{},[],u)).facts.networks),s=u=>o.of("open",u,async h=>(await r("network.open",{name:u},[],h)).facts),i=(u,h,f)=>f?o.of(`look ${u}`,`${h.name} ${f.name}`,async p=>{let{height:w,width:m,title:$,rgb:x}=f;return xo(h,f,await r("network.look",{slot:u,height:w,width:m,name:$},[x],p))}):null,c=u=>o.of("fields",u.name,async h=>Mo(await r("network.fields",{},[],h)));return{questions:o,see(u){let h=a(),f=u.name??ko(h.value),p=f===null?null:s(f),w=p?.value??null,m=w?[i(0,w,l(u.picture)),i(1,w,l(u.second))]:[null,null],$=m[0]?.state==="here";return{listed:h,name:f,opened:p,network:w,looks:m,look:m[0]?.value??null,fields:w&&$?c(w):null}},map(u,{layer:h,channel:f}){let p={slot:0,layer:h,channel:f};return o.of("map",`${u.number} ${h} ${f}`,async m=>new Float32Array((await r("network.map",p,[],m)).bytes[0].slice().buffer)).value},about(u,h,f){return o.of(u,`${h.number} ${JSON.stringify(f)}`,p=>r(`network.${u}`,f,[],p))}};function l(u){return u===null?null:e(u)}}var ko=t=>t?.find(({needs:e})=>!e)?.name??null;function xo(t,e,{facts:n,bytes:o}){let r=new Float32Array(o[o.length-1].slice().buffer),a=0,s=t.layers.map(({channels:i,height:c,width:l},u)=>{let h=n.statistics.map((f,p)=>[f,r.subarray(a+p*i,a+(p+1)*i)]);return a+=i*h.length,{channels:i,height:c,width:l,...Object.fromEntries(h),bytes:o[u+1]}});return{number:++vo,picture:e,crop:n.crop,input:o[0],maps:s,top:n.top??null,seconds:n.seconds}}function Mo({facts:t,bytes:e}){return t.layers.map(({status:n,holes:o,views:r,channels:a,lost:s},i)=>{let c=new Int32Array(e[i].slice().buffer),l=r?c.length/r:0;return{status:n,holes:o,lost:s,which:a,views:Array.from({length:r},(u,h)=>c.subarray(h*l,(h+1)*l))}})}var So=44;function cn(t,e,n){t.setAttribute("aria-hidden","true");let o=-1;return{draw({layers:r},a,s,i,c){O(r.map(({index:l,path:u})=>d`
            <button class="frame" tabindex="-1" title="${l} ${u}" aria-current=${l===s.layer} @click=${()=>n(l)}>
              <canvas data-layer=${l}></canvas>
            </button>
          `),t);for(let l of t.querySelectorAll("canvas")){let u=a.maps[Number(l.dataset.layer)],h=Math.round(So*k()),f=[a.number,i.palette,c,h].join(" "),p=()=>{let w=qt(u),m=vt(1,u.height,u.width,h,{height:h,least:h,gap:0});ot(l,{...m,tileWidth:h,tileHeight:h,width:h,height:h},u,[w],{...i,scale:"map",theme:c})};e.paint(l,f,p)}this.mark(s,a),o!==s.layer&&Nt(t,t.querySelector('[aria-current="true"]')),o=s.layer},mark(r,a){let{height:s,width:i}=a.maps[r.layer];t.style.setProperty("--across",String((r.column+.5)/i)),t.style.setProperty("--down",String((r.row+.5)/s))}}}var Ao=10;function fn(t,e,n,o){let r=null,a=0,s=l=>{let u=l.target.closest(".sheet")?.querySelector("canvas");if(!u||!r||l.detail===0&&l.type==="click")return null;let h=Number(u.dataset.layer),f=r.look.maps[h],p=u.getBoundingClientRect(),w=un(f,u),m=_(f,r.sort),$=xt(w,f.channels,f,(l.clientX-p.left)*k(),(l.clientY-p.top)*k());return $&&{layer:h,channel:m[$.slot],row:$.row,column:$.column}},i=(l,u)=>o.open(s(l)??{layer:u}),c=l=>{let u=qo(l,t,a);u!==null&&(a=u)};return t.addEventListener("pointermove",l=>o.light(s(l))),t.addEventListener("pointerleave",()=>o.light(null)),{draw(l,u,h,f){r={look:u,sort:h.sort};let w=Ct(l.layers).map(m=>h.filter==="blocks"?Oo(m):m).map(m=>Eo(e,m,u,{rover:a,opened:i,walked:c}));O(d`<div class="gallery ${h.filter}" role="group" aria-label=${e.t("Every layer")}>${w}</div>`,t);for(let m of t.querySelectorAll("canvas")){let $=u.maps[Number(m.dataset.layer)],x=dn(m),C=[u.number,h.sort,h.palette,h.scale,f,x,k()].join(" ");n.paint(m,C,()=>ot(m,un($,m),$,_($,h.sort),{...h,theme:f}))}},focus(l){let u=[...t.querySelectorAll(".sheet")],h=u.find(f=>f.querySelector("canvas")?.dataset.layer===String(l))??u[0];for(let f of u)f.tabIndex=f===h?0:-1;a=Number(h?.querySelector("canvas")?.dataset.layer??a),h?.focus()},mark(l){if(t.classList.toggle("marked",l!==null),!l||!r)return;let{height:u,width:h}=r.look.maps[l.layer];t.style.setProperty("--across",String((l.column+.5)/h)),t.style.setProperty("--down",String((l.row+.5)/u))}}}var dn=t=>Math.max(8,Math.floor((t.parentElement.clientWidth-2)*k()));function un(t,e){let n=Ee(t.channels,t.height,t.width,dn(e)),{style:o,classList:r}=e.parentElement;return r.toggle("fine",n.tileWidth<Ao*k()),o.setProperty("--wide",`${n.width/k()}px`),o.setProperty("--high",`${n.height/k()}px`),o.setProperty("--tile-wide",`${(n.tileWidth+n.gap)/k()}px`),o.setProperty("--tile-high",`${(n.tileHeight+n.gap)/k()}px`),n}var Oo=({name:t,layers:e})=>({name:t,layers:e.slice(-1)});function Eo(t,{name:e,layers:n},o,{rover:r,opened:a,walked:s}){let i=n[n.length-1],c=e||(n.length>1?`${n[0].path} \u2026 ${i.path}`:i.path);return d`
    <section class="block">
      <h2><code>${c}</code> <small>${J(i)}</small></h2>
      <div class="sheets">
        ${n.map(l=>d`
            <button
              class="sheet"
              tabindex=${l.index===r?0:-1}
              title=${To(t,l,o)}
              @click=${u=>a(u,l.index)}
              @keydown=${s}
            >
              <span class="print"><canvas data-layer=${l.index}></canvas></span>
              <span class="what"><span class="number">${l.index}</span> ${F(t.t,l)}</span>
            </button>
          `)}
      </div>
    </section>
  `}function To({t},e,n){let o={layer:e.index,what:F(t,e),size:J(e),dead:K(n.maps[e.index])};return o.dead?t("Open layer {layer}: {what}, {size}; {dead} channels are dead",o):t("Open layer {layer}: {what}, {size}",o)}function qo(t,e,n){let o=[...e.querySelectorAll(".sheet")],r=o.indexOf(t.currentTarget),a={ArrowRight:r+1,ArrowLeft:r-1,Home:0,End:o.length-1,ArrowDown:hn(o,r,1),ArrowUp:hn(o,r,-1)}[t.key];if(a===void 0)return null;t.preventDefault();let s=o[Math.min(Math.max(a,0),o.length-1)];return o[r].tabIndex=-1,s.tabIndex=0,s.focus(),Number(s.querySelector("canvas")?.dataset.layer??n)}function hn(t,e,n){let{top:o,left:r}=t[e].getBoundingClientRect(),a=e,s=NaN;for(let i=e+n;i>=0&&i<t.length;i+=n){let c=t[i].getBoundingClientRect();if(!(Math.abs(c.top-o)<2)){if(Number.isNaN(s)&&(s=c.top),Math.abs(c.top-s)>=2)break;(a===e||Math.abs(c.left-r)<Math.abs(t[a].getBoundingClientRect().left-r))&&(a=i)}}return a}var Po=28,Co=4;function mn(t,e,n){let o=t.appendChild(document.createElement("canvas")),r=t.appendChild(document.createElement("canvas")),a=null,s="",i=c=>{if(!a)return null;let{maps:l,channels:u,layout:h,pixel:f}=a,p=o.getBoundingClientRect(),w=xt(h,u.length,l,(c.clientX-p.left)*k(),(c.clientY-p.top)*k());return w&&{layer:f.layer,channel:u[w.slot],row:w.row,column:w.column}};return t.addEventListener("pointermove",c=>e(i(c))),t.addEventListener("pointerleave",()=>e(null)),t.addEventListener("click",c=>{let l=i(c);l&&n(l)}),{draw(c,l,u,h,f,p){let w=_(l,h.sort),m=Lo(l,t.clientWidth),$=[c,u.layer,h.sort,h.palette,h.scale,f.theme,m.width,m.tileWidth].join(" ");($!==s||a?.maps!==l)&&ot(o,m,l,w,{...h,theme:f.theme}),s=$,a={maps:l,channels:w,layout:m,theme:f,pixel:u},pn(r,a,u,p)},mark(c,l){a&&pn(r,a,c,l)}}}function Lo({channels:t,height:e,width:n},o){let r=Math.max(64,Math.floor(o*k())),a=Math.min(r,Po*k());return vt(t,e,n,r,{height:Math.max(480*k(),r*.6),least:a,gap:Co*k()})}function pn(t,{maps:e,channels:n,layout:o,theme:r},a,s){dt(t,o.width,o.height);let i=V(t);i.clearRect(0,0,o.width,o.height);let{tileWidth:c,tileHeight:l}=o,u=Math.max(2,Math.round(2*k())),[h,f]=[(a.column+.5)/e.width*c,(a.row+.5)/e.height*l];i.font=`${12*k()}px ${r.sans}`,n.forEach((p,w)=>{let[m,$]=kt(o,w);ut(e,p)&&No(i,r,{left:m,top:$,tileWidth:c,tileHeight:l,word:s}),i.fillStyle=r.window,i.fillRect(Math.round(m+h-u/2),Math.round($+f-u/2),u,u),p===a.channel&&(i.strokeStyle=r.window,i.lineWidth=2*k(),i.strokeRect(m-k(),$-k(),c+2*k(),l+2*k()))})}function No(t,e,{left:n,top:o,tileWidth:r,tileHeight:a,word:s}){if(t.fillStyle=e.paper,t.fillRect(n,o,r,a),t.strokeStyle=e.faint,t.lineWidth=1,t.strokeRect(n+.5,o+.5,r-1,a-1),t.beginPath(),t.moveTo(n,o+a),t.lineTo(n+r,o),t.measureText(s).width+4>r)return t.stroke();t.fillStyle=e.soft,t.textAlign="center",t.textBaseline="middle",t.fillText(s,n+r/2,o+a/2)}var zo=d`
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
`;function gn(t,e,n){O(zo,t);let o=g=>t.querySelector(g),r=g=>t.querySelector(g),[a,s]=[r(".seen canvas"),r(".focus canvas")],i=null,c=null,l=null,u=0,h=0,f=g=>{wn(g,c)||(c=g,u||=requestAnimationFrame(()=>{u=0,i&&C(i)}))},p=({layer:g,channel:y,row:A,column:N})=>i?.change(y===void 0?{layer:g,channel:null,place:null}:W({layer:g,channel:y,row:A??0,column:N??0})),w=fn(o(".overview"),e,n,{light:f,open:p}),m=mn(o(".maps"),f,p),$=cn(o(".film"),n,g=>{i?.pixel&&i.change(W(R(i.pixel,i.look,g)))}),x=g=>{let y=l&&i?.pixel?Be(l,s,g):null;return y&&i?.pixel?{...i.pixel,row:y[0],column:y[1]}:null};s.addEventListener("pointermove",g=>f(x(g))),s.addEventListener("pointerleave",()=>f(null)),s.addEventListener("click",g=>{let y=x(g);y&&i?.change({...W(y),panel:"sum"})});let C=g=>{let{look:y,network:A,slice:N,theme:j}=g,M=c??g.pixel,U=M&&g.fieldOf(M),Z=N.walking&&M?Io(g,M):[];if(je(a,{look:y,input:A.input,theme:j,trail:Z},U),w.mark(M),!M)return e.tell("");let v=We(e.t,M,U,A.input,yn(g,M));if(N.walking||e.tell(v),!g.pixel)return;let E=M.layer===g.pixel.layer?M:g.pixel;$.mark(M,y),m.mark(E,e.t("dead")),l=Fo(s,g,E),o(".focus .hold").setAttribute("aria-label",v)};return{draw(g){wn(g.pixel,i?.pixel??null)||(c=null),i=g,h=g.pixel?.layer??h;let{pixel:y,look:A,network:N,slice:j,theme:M}=g;t.classList.toggle("one",y!==null),O(Wo(g),o(".head")),O(Do(g),o(".seen figcaption")),O(y?e.t("the map of channel {channel}",{...y}):b,o(".focus figcaption")),O(y?Vo(g,y):Ro(g),o(".lead")),O(Ho(g),o(".tools")),a.setAttribute("aria-label",e.t("The picture, with what the network sees of it framed")),o(".focus .hold").setAttribute("aria-roledescription",e.t("feature map"));for(let[Z,v]of[[".focus",!!y],[".film",!!y],[".maps",!!y],[".overview",!y]])o(Z).hidden=!v;y?(m.draw(A.number,Ft(g,y),y,j,M,e.t("dead")),$.draw(N,A,y,j,M.theme)):w.draw(N,A,j,M.theme);let U=r(".tools canvas.ends");U&&y&&at(U,rt(Ft(g,y),y.channel,j,M.theme),M),C(g)},focus:()=>i?.pixel?o(".focus .hold").focus():w.focus(h),destroy:()=>cancelAnimationFrame(u)}}var se=new WeakMap;function Ft({look:t,other:e,slice:n},{layer:o}){let r=t.maps[o],a=e?.maps[o];if(!n.difference||!a||a.bytes.length!==r.bytes.length)return r;let s=se.get(r)?.get(a)??St(r,a);return se.set(r,(se.get(r)??new WeakMap).set(a,s)),s}function Fo(t,e,n){let o=Ft(e,n),r=rt(o,n.channel,e.slice,e.theme.theme);return Et(t,$n(e,n)??Mt(o,n.channel),o,{pixel:n,zoom:e.slice.zoom,tone:r,theme:e.theme})}function $n(t,e){let{pixel:n,session:o,look:r,slice:a}=t;return!n||n.layer!==e.layer||n.channel!==e.channel||a.difference&&t.other?null:o.map(r,n)}function yn(t,e){let n=Ft(t,e),o=$n(t,e);return o?P(o[e.row*n.width+e.column]):`\u2248 ${Re(Ce(n,e.channel,e.row,e.column),n.high[e.channel]-n.low[e.channel])}`}function Io({look:t,fieldOf:e},n){return Array.from({length:n.layer},(o,r)=>e(R(n,t,r))).filter(o=>o!==null)}function Wo({app:t,pixel:e,network:n,look:o,change:r}){let{t:a}=t;if(!e)return d`<h1>${a("What each layer sees")}</h1>`;let s=n.layers[e.layer],i=c=>r(W(R(e,o,c)));return d`
    <button class="quiet back" @click=${()=>r({layer:null,channel:null,place:null,walking:!1})}>← ${a("All layers")}</button>
    <button class="quiet" aria-label=${a("Previous layer")} aria-disabled=${e.layer===0} @click=${()=>i(e.layer-1)}>‹</button>
    <button class="quiet" aria-label=${a("Next layer")} aria-disabled=${e.layer===n.layers.length-1} @click=${()=>i(e.layer+1)}>›</button>
    <h1>${a("Layer {layer}",{layer:e.layer})} <small>${F(a,s)} · <code>${s.path}</code> · ${J(s)}</small></h1>
  `}function Ro({app:t,look:e,network:n}){let{t:o}=t,r={channels:n.layers.reduce((a,s)=>a+s.channels,0).toLocaleString("en")};return d`
    <p>${n.trained?o("These are all {channels} feature maps that the network makes from the picture: edges first, then textures, then parts of objects.",r):o("These are all {channels} feature maps that the network makes from the picture, layer by layer.",r)}</p>
    <p>${o("Point at a map: the part of the picture that this pixel sees lights up. Click to open the layer.")}</p>
    ${e.top?d`<p class="first">${o("It predicts:")} <b>${t.words(e.top[0].name)}</b>, ${I(e.top[0].p)}</p>`:b}
  `}function Do({app:t,network:e,pixel:n,fieldOf:o,edgesOf:r}){let{t:a}=t,s=n&&o(n),i=n&&r(n.layer);if(i?.status==="unknown")return a("The receptive field of this layer is unknown: the page does not follow {function}.",{function:i.lost??""});if(!s)return a("In the frame: what the network sees, scaled to {height} \xD7 {width} pixels",e.input);let{rows:c,columns:l}=Q(s,e.input),u=a("rows {top}\u2013{bottom}, columns {left}\u2013{right}",{top:c[0],bottom:c[1],left:l[0],right:l[1]}),h=i?.status==="bound"?a("at most"):i?.holes?a("with gaps"):"";return h?`${u} (${h})`:u}function Vo(t,e){let{app:n,change:o,slice:r,look:a}=t,{t:s}=n,i=l=>o(W(Pt(e,a,r.sort,l))),c=l=>o({zoom:Math.min(64,Math.max(1,n.store.state.network.zoom*l))});return d`
    <p class="value"><span>${yn(t,e)}</span></p>
    <p class="hint">${s("channel {channel}, row {row}, column {column}",{...e})}</p>
    <div class="acts">
      <button @click=${()=>o({panel:"sum"})}>${s("Open the sum")}</button>
      <span>
        <button aria-label=${s("Previous channel")} @click=${()=>i(-1)}>‹</button>
        ${s("channel")}
        <button aria-label=${s("Next channel")} @click=${()=>i(1)}>›</button>
      </span>
      <span>
        <button aria-label=${s("Smaller")} aria-disabled=${r.zoom<=1} @click=${()=>c(.5)}>−</button>
        ${s("zoom")}
        <button aria-label=${s("Larger")} aria-disabled=${r.zoom>=64} @click=${()=>c(2)}>+</button>
      </span>
    </div>
  `}function Ho({app:t,slice:e,change:n,pixel:o,look:r,other:a}){let{t:s}=t,i={index:s("by index"),activity:s("by mean activation"),variation:s("by standard deviation")},c=o?K(r.maps[o.layer]):0;return d`
    ${zt(s("Sort"),tt,i,e.sort,l=>n({sort:l}))}
    ${zt(s("Range"),["map","layer"],{map:s("each map's own"),layer:s("the whole layer's")},e.scale,l=>n({scale:l}))}
    ${zt(s("Colours"),["auto","magma"],{auto:s("grey"),magma:"magma"},e.palette,l=>n({palette:l}))}
    ${o?d`<span class="count">${s("{n} channels",{n:r.maps[o.layer].channels})}${c?d`, <b>${s("{dead} dead",{dead:c})}</b>`:b}</span>`:zt(s("Show"),["all","blocks"],{all:s("every layer"),blocks:s("the last of each block")},e.filter,l=>n({filter:l}))}
    ${o&&a&&e.difference?d`<span class="count">${s("first \u2212 second")}</span>`:b}
    ${o&&(nt(r.maps[o.layer],e.scale)||e.difference)?d`<canvas class="ends"></canvas>`:d`
          ${o&&z(r.maps[o.layer])?b:d`<span class="legend">0 <i class="ramp ${e.palette}"></i> ${s("highest in the map")}</span>`}
          ${o&&!z(r.maps[o.layer])?b:d`<span class="legend">${s("below 0")} <i class="ramp signed"></i> ${s("above 0")}</span>`}
        `}
  `}var zt=(t,e,n,o,r)=>d`
  <label class="field"><span>${t}</span>
    <select @change=${a=>r(a.target.value)}>
      ${e.map(a=>d`<option value=${a} ?selected=${a===o}>${n[a]}</option>`)}
    </select>
  </label>
`,wn=(t,e)=>t===e||!!t&&!!e&&t.layer===e.layer&&t.channel===e.channel&&t.row===e.row&&t.column===e.column;var _o=600;function bn(t,e){let n=0,o=()=>{let r=t();if(!r)return;let{pixel:a,look:s}=r;if((a??{layer:-1,channel:0,row:0,column:0}).layer===s.maps.length-1)return e({walking:!1});if(a)return e(W(R(a,s,a.layer+1)));e({layer:0,channel:null,place:null})};return{follow(r){r!==!!n&&(clearInterval(n),n=r?Number(setInterval(o,_o)):0,r&&o())}}}function $s(t,e){let{recipe:n,stage:o,explain:r}=he(t,e,{recipe:"Network and picture"}),a=o.appendChild(document.createElement("div")),s=o.appendChild(document.createElement("div"));a.className="waits",s.className="view";let i=v=>e.store.change("network",v),c=()=>i({tick:e.store.state.network.tick+1}),l=ln(e,v=>lt(e,v),c),u=ze(),h=gn(s,e,u),f={picture:X,second:null},p=null,w=bn(()=>m,i),m=null,$={picture:null,second:null},x=async(v,E,T)=>{$[v]=null;try{i({[v]:(await xe(e,E,T)).name})}catch(S){$[v]=Lt(S),c()}},C=v=>i({name:v,layer:null,channel:null,place:null,walking:!1,shift:[0,0],word:null}),g=v=>(f={picture:v.picture??f.picture,second:v.second??f.second},{...v,...f}),y=v=>{let E=en(t,()=>h.focus()),T=g(v.network),S=l.see(T),{network:D,look:q}=S;m=D&&q?A(T,S,D,q):null,O(d`
        ${Se(e,S,C)}
        ${yt(e,T,"picture",{choose:Y=>i({picture:Y}),file:(Y,It)=>x("picture",Y,It),error:$.picture})}
        ${D?an(e,D,q,m?.pixel?.layer??null,Y=>i({layer:Y,channel:null,place:null})):b}
      `,n),ae(n);let st=m?.pixel?.layer??null;if(st!==p&&Nt(n.parentElement,n.querySelector('.layer[aria-current="true"]')),p=st,O(j(S),a),M(a,T),s.hidden=!m,!m)return O(b,r);h.draw(m),tn(r,m),w.follow(T.walking),E()};function A(v,E,T,S){let D=E.fields?.value??null;return{app:e,slice:v,session:l,seen:E,network:T,look:S,other:E.looks[1]?.value??null,pixel:Jt(v,S),theme:me(t),change:i,file:x,fileErrors:$,edgesOf:q=>D?.[q]??null,fieldOf:q=>D?.[q.layer]?Fe(D[q.layer],S.maps[q.layer].height,q):null}}function N(){let v=e.store.state.network;return m&&{...m,slice:v,pixel:Jt(v,m.look)}}function j({listed:v,opened:E,looks:T,fields:S,name:D}){let{t:q}=e,st=()=>l.questions.forget(),Y=[["list",v,q("Listing the networks\u2026")],["open",E,q("Opening {name}: a first run counts its layers\u2026",{name:D??""})],["look 0",T[0],q("The network looks at the picture\u2026")],["fields",S,""]];for(let[It,it,ie]of Y)if(!(!it||it.state==="here"))return it.refusal?L(e,it.refusal,e.host.kind==="alone"?null:st):it.state==="cancelled"?d`<p class="waiting">${q("Stopped.")} <button @click=${st}>${q("Try again")}</button></p>`:ie?bt(e,ie,()=>l.questions.cancel(It)):b;return b}let M=(v,E)=>{let T=v.querySelector("canvas.preview"),S=lt(e,E.picture??"");!T||!S||m||(T.width=S.width,T.height=S.height,V(T).drawImage(B(S.rgb,S.height,S.width),0,0))},U=ue(t,e,"network",(v,E)=>x(e.store.state.network.panel==="compare"?"second":"picture",v,E)),Z=new ResizeObserver(()=>m&&e.store.state.tab==="network"&&c());return Z.observe(o),ke(e).then(c,v=>{$.picture=Lt(v),c()}),{draw:y,keys:on(N,()=>h.focus()),help:nn,hide:()=>w.follow(!1),show(){},destroy(){U(),l.questions.close(),h.destroy(),Z.disconnect(),u.destroy(),w.follow(!1)}}}export{$s as mount};
