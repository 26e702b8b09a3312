"""A graph of ONNX that grows node by node."""

from __future__ import annotations

from typing import Any

import numpy as np

OPSET, ML_OPSET, IR = 18, 3, 10
"""Versions of operators and of the format: what onnxruntime has known since 1.18."""


class Graph:
    """Nodes, constants and inputs, each under a name of its own.

    Attributes
    ----------
    inputs : list
        In the order in which they were asked for.
    """

    def __init__(self) -> None:
        self.inputs: list[Any] = []
        self._nodes: list[Any] = []
        self._constants: dict[str, Any] = {}
        self._given: dict[str, str] = {}

    def given(self, name: str, *, is_text: bool) -> str:
        """Give an input of shape (n_rows, 1); the same where it was given before."""
        from onnx import TensorProto, helper

        if name not in self._given:
            kind = TensorProto.STRING if is_text else TensorProto.DOUBLE
            self.inputs.append(helper.make_tensor_value_info(name, kind, ["rows", 1]))
            self._given[name] = name
        return name

    def constant(self, values: Any, dtype: Any = np.float64) -> str:
        """Give the name of an array."""
        from onnx import numpy_helper

        name = self._free(f"constant_{len(self._constants)}")
        array = np.ascontiguousarray(values, dtype)
        self._constants[name] = numpy_helper.from_array(array.reshape(np.shape(values)), name)
        return name

    def add(self, operator: str, *inputs: str, domain: str = "", **attributes: Any) -> str:
        """Add a node of one output, and give its name."""
        return self.several(operator, 1, *inputs, domain=domain, **attributes)[0]

    def several(
        self, operator: str, outputs: int, *inputs: str, domain: str = "", **attributes: Any
    ) -> list[str]:
        """Add a node of some outputs, and give their names."""
        from onnx import helper

        start = f"{operator.lower()}_{len(self._nodes)}"
        names = [self._free(f"{start}_{i}" if i else start) for i in range(outputs)]
        node = helper.make_node(operator, inputs, names, domain=domain, **attributes)
        self._nodes.append(node)
        return names

    def called(self, value: str, name: str) -> None:
        """Give a value the name of an output."""
        from onnx import helper

        self._nodes.append(helper.make_node("Identity", [value], [name]))

    def single(self, value: str) -> str:
        """Round to single precision, in numbers of double."""
        from onnx import TensorProto

        rounded = self.add("Cast", value, to=TensorProto.FLOAT)
        return self.add("Cast", rounded, to=TensorProto.DOUBLE)

    def _free(self, name: str) -> str:
        while name in self._given:
            name += "_"
        return name

    def model(self, name: str, outputs: list[Any], said: dict[str, str]) -> Any:
        """Put the model together.

        Raises
        ------
        onnx.checker.ValidationError
            It is none.
        """
        from onnx import checker, helper

        kept = list(self._constants.values())
        graph = helper.make_graph(self._nodes, name, self.inputs, outputs, kept)
        versions = [helper.make_opsetid("", OPSET), helper.make_opsetid("ai.onnx.ml", ML_OPSET)]
        model = helper.make_model(graph, opset_imports=versions, producer_name="engine-segments")
        model.ir_version = IR
        helper.set_model_props(model, said)
        checker.check_model(model, full_check=True)
        return model
