import{qb as e,rb as o,w as t}from"./tabs-shared.mjs";var m=JSON.parse(document.getElementById("kaiyan-boot")?.textContent??"{}");o(document.getElementById("kaiyan"),t(m),e);
