import{vb as e,wb as o,y as t}from"./tabs-shared.mjs";var m=JSON.parse(document.getElementById("kaiyan-boot")?.textContent??"{}");o(document.getElementById("kaiyan"),t(m),e);
