// The names that a pickle may mention, and what becomes of them when it calls them: a table, and nothing outside it. No name
// leads to code; each is a way to put together data that is in the file already.

import FoveaTensorCore

/// A name that is known.
enum PickleGlobal: Equatable {
    case orderedDictionary, defaultDictionary, set
    /// `torch.Size`: a tuple.
    case size
    case storage(TorchElement)
    case element(TorchElement)
    /// `torch._utils._rebuild_tensor`: storage, offset, shape, strides.
    case tensor
    /// `torch._utils._rebuild_tensor_v3`: as above, then flags, hooks and the element type.
    case typedTensor
    /// `torch._utils._rebuild_parameter`: a tensor and flags.
    case parameter
    /// `torch._tensor._rebuild_from_type_v2`: another of these, a type, its arguments, a state.
    case fromType
    /// `_codecs.encode`: bytes written as a text by protocol 2.
    case encodedBytes
    /// Data without meaning for weights.
    case other(String)

    /// What a name means. Throws a `Failure` that says the name if it is not in the table.
    init(module: String, name: String, file: String) throws {
        let full = "\(module).\(name)"
        if ["torch", "torch.storage", "torch.cuda"].contains(module), let element = TorchElement(storage: name) {
            self = .storage(element)
            return
        }
        if module == "torch", let element = TorchElement(named: name) {
            self = .element(element)
            return
        }
        guard let known = Self.table[full] else { throw Self.refusal(full, file: file) }
        self = known
    }

    private static let table: [String: PickleGlobal] = [
        "collections.OrderedDict": .orderedDictionary,
        "collections.defaultdict": .defaultDictionary,
        "builtins.set": .set, "__builtin__.set": .set,
        "builtins.frozenset": .set, "__builtin__.frozenset": .set,
        "torch.Size": .size,
        "torch._utils._rebuild_tensor": .tensor,
        "torch._utils._rebuild_tensor_v2": .tensor,
        "torch._utils._rebuild_tensor_v3": .typedTensor,
        "torch._utils._rebuild_parameter": .parameter,
        "torch._utils._rebuild_parameter_with_state": .parameter,
        "torch.nn.parameter.Parameter": .parameter,
        "torch._tensor._rebuild_from_type_v2": .fromType,
        "_codecs.encode": .encodedBytes,
        "torch.Tensor": .other("torch.Tensor"),
        "torch.device": .other("torch.device"),
        "argparse.Namespace": .other("argparse.Namespace"),
        "numpy.dtype": .other("numpy.dtype"),
        "numpy.core.multiarray.scalar": .other("numpy scalar"),
        "numpy._core.multiarray.scalar": .other("numpy scalar"),
    ]

    /// Why a name is refused; the likeliest ones are told what to do.
    private static func refusal(_ name: String, file: String) -> Failure {
        let shown = name.printable
        if name.contains("_rebuild_qtensor") || name.contains("quantized") {
            return Failure(
                .model, "\(file): holds quantised tensors (\(shown)), which are no weights to start from",
                advice: "Name the file that was quantised; fovea quantize makes eight bits of it.")
        }
        if name.hasPrefix("__torch__.") {
            return Failure(
                .model, "\(file): holds a TorchScript program (\(shown)), and no program of a file is ever run",
                advice: "Save the weights in Python: torch.save(torch.jit.load(FILE).state_dict(), \"weights.pth\").")
        }
        return Failure(
            .model, "\(file): wants to make a \(shown), which is neither a tensor nor a plain container: refused",
            advice: "Nothing of it was run. If it holds a whole model of yours, save its weights instead: "
                + "torch.save(model.state_dict(), \"weights.pth\"). If you do not know who made it, do not open it elsewhere."
        )
    }
}
