import{A as N,B as p,C as x,D as k,E as A,Fa as S,Ga as D,Ha as b,T as E,V as v,W as R,a as w,c as g,ib as m,p as f}from"./tabs-shared.mjs";var O=f("put spaces between numbers and ';' between rows: '1 0 -1; 2 0 -2; 1 0 -1'");function Z(t){let{plain:n}=p(t.trim()),{factor:e,inside:r}=B(n),o=r.split(/[\n;]+|\]\s*,?\s*\[/).map(i=>i.replace(/[[\](){},，\s]+/g," ").trim()).filter(Boolean).map(i=>i.split(" ")),l=o.map(i=>i.map(C=>d(C)*e)),a=o.flat().find(i=>!Number.isFinite(d(i)));if(a!==void 0||!l.length)return F(a??t.trim());let u=l.map(i=>i.length);if(new Set(u).size===1)return{rows:l,refused:null};let c={lengths:u.join(", ")};return{rows:null,refused:{error:m(f("the rows have {lengths} numbers; every row must have the same length"),c),ways:[m(O)]}}}var F=t=>({rows:null,refused:{error:L(t),ways:[m(O)]}}),L=t=>m(f("'{word}' is not a number"),{word:N(t)});function tt(t){let n=p(t.trim()).plain.replace(/^([-+]?\d*),(?=\d+$)/,"$1.");return h.test(n)?[m(f("write {number}"),{number:n})]:[]}function d(t){let{plain:n}=p(t.trim()),[e,r,...s]=n.split("/");return s.length||!h.test(e)||r!==void 0&&!h.test(r)?NaN:r===void 0?Number(e):Number(e)/Number(r)}var h=/^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i,P=/^(?:\w+\.)*(?:as_?)?(?:array|tensor|matrix|list|tuple|parameter|(?:float|double|int|long)tensor)\s*\(([^]*)\)$/i,z=/,\s*(?:dtype\s*=\s*)?(?:np\.|numpy\.|torch\.)?[a-z]+\d*\s*$/,M=/^([-+]?[\d./]+(?:e[-+]?\d+)?)\s*[*×·]?\s*(?=[[({])/i,W=/([\])}])\s*\/\s*([\d.]+)$/;function B(t){let n=1,e=t,r=W.exec(e);r&&(n/=Number(r[2]),e=e.slice(0,r.index+1));let s=M.exec(e);s&&(n*=d(s[1]),e=e.slice(s[0].length));let o=P.exec(e);return{factor:n,inside:o?o[1].replace(z,""):e}}var $=class extends D{update({element:n},[e]){let r=n;return r.getRootNode().activeElement!==r&&r.value!==e&&(r.value=e),g}render(n){return g}},I=S($);var y=3,T=5,G=250,U={few:8.3,many:7.6,small:7};function X(t,n){let e=t>y?G/t:46,r=U[t>T?"small":t>y?"many":"few"],s=o=>o.every(l=>Y(l)*r<=e-2);return[n.map(x),k(n)].find(s)??null}var Y=t=>[...t].reduce((n,e)=>n+(e==="."?.5:e==="\u2212"?1.3:1),0);function ft(t){let{sizes:[n,e],numbers:r,brush:s,app:o}=t,l=v(r,t.theme),a=X(e,r),u=c=>H(c,t);return w`
    <div
      class="cells ${s===null?"":"painted"} ${e>y?"many":""} ${e>T?"small":""}"
      role="group"
      aria-label=${o.t("Numbers in the kernel")}
      ${b({"--columns":String(e)})}
      @keydown=${c=>J(c,n,e)}
      @pointerdown=${u}
      @pointermove=${u}
    >
      ${r.map((c,i)=>_(t,c,a?.[i]??"",i,R(l,c)))}
    </div>
  `}function _(t,n,e,r,s){let{sizes:[,o],brush:l,app:a}=t,u=a.t("row {row}, column {column}",{row:Math.floor(r/o),column:r%o}),c=i=>q(i.target,n,r,t);return w`<input
    type="text"
    inputmode="decimal"
    autocomplete="off"
    spellcheck="false"
    data-cell=${r}
    aria-label=${u}
    title=${A(n)}
    ?readonly=${l!==null}
    .value=${I(e)}
    ${b({background:`rgb(${s})`,color:E(...s)})}
    @focus=${j}
    @blur=${()=>a.store.change("convolution",{})}
    @change=${c}
    @paste=${i=>V(i,t)}
  />`}function j({target:t}){let n=t;n.readOnly||(n.value=n.title.replaceAll("\u2212","-")),n.select()}function q(t,n,e,{change:r,refuse:s}){let o=d(t.value);Number.isFinite(o)?o!==n&&r(e,o):s(t.value)}function V(t,{paste:n}){let e=t.clipboardData?.getData("text/plain")??"";/[\s,;，；]/.test(e.trim())&&(t.preventDefault(),n(e))}function H(t,{brush:n,numbers:e,change:r}){if(n===null||!(t.buttons&1))return;let s=t.currentTarget.getRootNode(),o=Number(s.elementFromPoint(t.clientX,t.clientY)?.dataset.cell??NaN);t.type==="pointerdown"&&t.target.releasePointerCapture?.(t.pointerId),Number.isInteger(o)&&e[o]!==n&&r(o,n)}function J(t,n,e){let r=t.target,s={ArrowUp:-e,ArrowDown:e,Enter:e,ArrowLeft:-1,ArrowRight:1}[t.key],o={ArrowLeft:()=>r.selectionStart===0,ArrowRight:()=>r.selectionEnd===r.value.length}[t.key],l=r.selectionStart===0&&r.selectionEnd===r.value.length;if(!s||o&&!o()&&!l)return;let a=Number(r.dataset.cell)+s;if(a<0||a>=n*e){t.key==="Enter"&&r.blur();return}t.preventDefault(),t.currentTarget.querySelector(`[data-cell="${a}"]`)?.focus()}export{I as a,Z as b,L as c,tt as d,X as e,ft as f};
