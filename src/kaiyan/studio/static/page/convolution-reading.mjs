import{a,b,c}from"./convolution-reading-shared.mjs";import"./tabs-shared.mjs";import"./convolution-picture-sources-shared.mjs";export{a as NotAPicture,c as declaredSize,b as readPicture};
