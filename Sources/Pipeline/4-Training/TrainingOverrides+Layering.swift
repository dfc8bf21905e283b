// Several places may set a training's numbers: flags lie over a configuration file, the file lies over the defaults.

extension TrainingOverrides {
    /// What is set here, and what is set in `lower` where nothing is set here.
    package func laid(over lower: TrainingOverrides) -> TrainingOverrides {
        var result = lower
        func put<Value>(_ path: WritableKeyPath<TrainingOverrides, Value?>) {
            if let value = self[keyPath: path] { result[keyPath: path] = .some(value) }
        }
        put(\.model)
        put(\.fromScratch)
        put(\.size)
        put(\.epochs)
        put(\.batchSize)
        put(\.learningRate)
        put(\.optimizer)
        put(\.momentum)
        put(\.nesterov)
        put(\.beta1)
        put(\.beta2)
        put(\.epsilon)
        put(\.weightDecay)
        put(\.labelSmoothing)
        put(\.schedule)
        put(\.warmupEpochs)
        put(\.stepEpochs)
        put(\.stepFactor)
        put(\.patience)
        put(\.seed)
        put(\.threads)
        put(\.precision)
        put(\.savesMemory)
        put(\.fineTuning)
        put(\.freeze)
        put(\.norms)
        put(\.layerDecay)
        put(\.augmentation)
        put(\.preset)
        put(\.mirrors)
        // The upper one of two ways to say the same.
        if preset != nil { result.augmentation = nil }
        if augmentation != nil { result.preset = nil }
        return result
    }
}
