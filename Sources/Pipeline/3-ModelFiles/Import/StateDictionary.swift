// Finds the weights in what a training program saved: the dictionary of tensors itself, or one inside it, of which averaged
// ones are better than those they are averages of. Says which was taken.

import FoveaTensorCore

extension NamedWeights {
    /// Where programs put weights in a checkpoint, the better ones first: timm's, then those of others.
    private static let places = [
        "state_dict_ema", "model_ema", "ema_state_dict", "ema", "state_dict", "model_state_dict", "model", "module",
        "net",
        "network", "params", "weights",
    ]

    /// The weights of an opened checkpoint. Throws a `Failure` of kind `.model` if it holds none.
    init(_ file: TorchFile) throws {
        let path = file.storages.bytes.path
        var notes: [String] = []
        var place: [String] = []
        var value = file.root
        while true {
            guard case .dictionary(let dictionary) = value else { break }
            let tensors = Self.tensors(dictionary)
            // A checkpoint may hold a tensor or two beside its weights, such as the best accuracy.
            let inner = Self.places.first { key in
                if case .dictionary(let inner) = dictionary[key] { !inner.pairs.isEmpty } else { false }
            }
            if let inner, tensors.count < 3, place.count < 4, let next = dictionary[inner] {
                place.append(inner)
                value = next
                continue
            }
            guard !tensors.isEmpty else { break }
            if let last = place.last {
                let others = Self.places.filter { $0 != last && file.hasDictionary($0) && place.count == 1 }
                notes.append(
                    "\(path): the weights are those under \"\(place.joined(separator: "/"))\""
                        + (others.isEmpty ? "" : "; left out: \(others.joined(separator: ", "))"))
            }
            let storages = file.storages
            self.init(
                file: path,
                entries: tensors.map { name, tensor in
                    Entry(name: name, shape: tensor.shape, isFloat: tensor.element.dataType != nil) {
                        try storages.floats(tensor, name: name)
                    }
                }, notes: notes)
            return
        }
        throw Failure(
            .model, "\(path): there are no weights in it: no dictionary of tensors",
            advice: "Save them with torch.save(model.state_dict(), \"weights.pth\").")
    }

    private static func tensors(_ dictionary: PickleDictionary) -> [(String, TorchTensor)] {
        dictionary.pairs.compactMap { key, value in
            if case .text(let name) = key, case .tensor(let tensor) = value { (name, tensor) } else { nil }
        }
    }
}

extension TorchFile {
    /// Whether the outermost dictionary has one under this key.
    fileprivate func hasDictionary(_ key: String) -> Bool {
        guard case .dictionary(let root) = root, case .dictionary = root[key] else { return false }
        return true
    }
}
