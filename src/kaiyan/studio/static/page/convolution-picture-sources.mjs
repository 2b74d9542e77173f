import{b as a,c as b}from"./convolution-picture-sources-shared.mjs";export{a as take,b as use};
