import{jb as e,kb as o,s as t}from"./tabs.mjs";var m=JSON.parse(document.getElementById("kaiyan-boot")?.textContent??"{}");o(document.getElementById("kaiyan"),t(m),e);
