"""What other libraries call the same thing: padding modes, and the words whose meaning hangs on the library."""

MODES: dict[str, str] = {
    "zeros": "zeros",
    "reflect": "reflect",
    "replicate": "replicate",
    "circular": "circular",
    "symmetric": "symmetric",
    "torch:zeros": "zeros",
    "torch:reflect": "reflect",
    "torch:replicate": "replicate",
    "torch:circular": "circular",
    "numpy:constant": "zeros",
    "numpy:reflect": "reflect",
    "numpy:symmetric": "symmetric",
    "numpy:edge": "replicate",
    "numpy:wrap": "circular",
    "scipy:constant": "zeros",
    "scipy:grid-constant": "zeros",
    "scipy:mirror": "reflect",
    "scipy:reflect": "symmetric",
    "scipy:grid-mirror": "symmetric",
    "scipy:nearest": "replicate",
    "scipy:wrap": "circular",
    "scipy:grid-wrap": "circular",
    "opencv:border_constant": "zeros",
    "opencv:border_reflect_101": "reflect",
    "opencv:border_reflect": "symmetric",
    "opencv:border_replicate": "replicate",
    "opencv:border_wrap": "circular",
}
"""Padding modes by the name each library gives them, and ours."""

PADDING_WORDS: dict[str, str] = {
    "same_upper": "same",
    "torch:same": "same",
    "tf:same": "same",
    "onnx:same_upper": "same",
    "onnx:same_lower": "same_lower",
    "matlab:same": "same",
    "scipy:same": "same_lower",
    "opencv:same": "same_lower",
}
"""Where an even kernel has its centre: scipy.ndimage.correlate and cv2.filter2D at k//2, the others at (k-1)//2."""

CONVENTIONS: dict[str, str] = {
    "tf_same": "same",
    "keras_same": "same",
    "jax_same": "same",
    "onnx_same_upper": "same",
    "same": "same",
    "onnx_same_lower": "same_lower",
    "same_lower": "same_lower",
    "causal": "causal",
    "torch": "torch",
}
"""What networks call their padding, and our word for it; "torch" is half the kernel on both sides."""
