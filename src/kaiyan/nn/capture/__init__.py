"""A torch model captured as graphs of our operations: TorchDynamo traces, ATen is read, torch keeps what is not ours."""
