"""A torch model captured as graphs of our operations: TorchDynamo traces, ATen is read, the rest is torch's."""
