// `fovea train`: flags to a request, events to the terminal, the outcome to standard output.

import ArgumentParser
import FoveaCollecting
import FoveaOneDNNBackend
import FoveaTensorCore
import FoveaTraining
import FoveaWorkflows
import Foundation

/// Trains a classifier.
struct Train: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Train a classifier on labelled pictures.",
        discussion: """
            \(DataSet.kinds)

            What you do not set is chosen from the data, and the reasons are printed. Photographs are learned from \
            trained weights that are fetched once: you are asked before, --yes answers, and without a terminal nothing \
            is fetched unless you say it. --from-scratch does without them, --model names others. Ctrl-C stops and \
            keeps the best epoch so far.

            Examples:
              fovea train fashion-mnist -o fashion.fovea
              fovea train photographs -o flowers.fovea --model resnet18 --size 200 --epochs 30
              fovea train photographs -o flowers.fovea --config train.yaml --seed 7
              fovea train labels.csv -o flowers.fovea --images photographs --group-column patient
              fovea train 'shards/train-{000..012}.tar' -o flowers.fovea
              fovea train photographs -o flowers.fovea --augment strong --epochs 60
              fovea train photographs -o flowers.fovea --model mobilenet_v2.safetensors --fine-tune head
              fovea train photographs -o flowers.fovea --model resnet50.pth --freeze conv1 --freeze bn1 --freeze layer1
              fovea train photographs -o flowers.fovea --model timm/resnet18.a1_in1k
              fovea train photographs -o flowers.fovea --yes
              fovea train photographs -o flowers.fovea --from-scratch
            """)

    @Argument(help: DataFlags.argument)
    var data: String

    @Option(name: .shortAndLong, help: ArgumentHelp("The model file to write.", valueName: "file"))
    var output: String

    @Option(
        help: ArgumentHelp(
            "The network, by a name that `fovea models` lists, or the weights to start from: \(ModelFlags.kinds).",
            valueName: "name"))
    var model: String?

    @Option(help: ArgumentHelp("Rows and columns that the network sees.", valueName: "pixels"))
    var size: Int?

    @Option(help: ArgumentHelp("Passes over the training pictures.", valueName: "count"))
    var epochs: Int?

    @Option(help: ArgumentHelp("Pictures a step.", valueName: "count"))
    var batch: Int?

    @Option(name: [.customLong("lr")], help: ArgumentHelp("The highest learning rate.", valueName: "rate"))
    var learningRate: Float?

    @OptionGroup var starting: StartFlags

    @OptionGroup var tuning: TuningFlags

    @Option(help: ArgumentHelp("The seed of every random draw.", valueName: "number"))
    var seed: UInt64?

    @OptionGroup var augmentation: AugmentationFlags

    @OptionGroup var loading: LoadingFlags

    @OptionGroup var precision: PrecisionFlag

    @Flag(help: "Take about half the memory, for about two thirds of the speed: larger batches, larger pictures.")
    var saveMemory = false

    @Option(help: ArgumentHelp("A YAML file with any of these and more; flags win.", valueName: "file"))
    var config: String?

    @OptionGroup var reading: DataFlags

    @OptionGroup var threads: ThreadFlags

    @Flag(name: .shortAndLong, help: "Print nothing but errors and the result.")
    var quiet = false

    @Flag(help: "Print the result as JSON.")
    var json = false

    func validate() throws {
        for (name, value) in [("--size", size), ("--epochs", epochs), ("--batch", batch)] {
            if let value, value < 1 { throw ValidationError("\(name) is \(value), it must be at least 1") }
        }
        if let size, size > 8192 { throw ValidationError("--size is \(size), it must be at most 8192") }
        if let rate = learningRate, !(rate > 0 && rate.isFinite) {
            throw ValidationError("--lr is \(rate), it must be a number above 0")
        }
    }

    func run() throws {
        WaitingPolicy.apply()
        let stop = StopSignal()
        let display = TrainingDisplay(stop: stop)
        let counts = CountDisplay(isQuiet: quiet)
        let isQuiet = quiet
        let interruption = Interruption(stop) {
            if !isQuiet { display.say("stopping after this step; once more ends at once and saves nothing") }
        }
        defer { withExtendedLifetime(interruption) {} }
        let outcome: TrainingOutcome
        do {
            outcome = try TrainingWorkflow.run(
                request(counts, stop), stop: stop, observers: quiet ? [] : [display],
                makeLibrary: { try OneDNNLibrary(threads: $0) },
                tell: { notice in
                    counts.close()
                    if !quiet { tell(notice, display) }
                })
        } catch {
            display.close()
            throw error
        }
        display.close()
        try finish(outcome)
    }

    private func request(_ counts: CountDisplay, _ stop: StopSignal) throws -> TrainingRequest {
        var request = TrainingRequest(data: data, output: output)
        if starting.fromScratch { request.overrides.fromScratch = true }
        request.defaultStart = starting.start(isQuiet: quiet, stop: stop)
        request.configurationFile = config
        request.fetching = counts.fetching
        request.overrides.model = model
        request.overrides.size = size
        request.overrides.epochs = epochs
        request.overrides.batchSize = batch
        request.overrides.learningRate = learningRate
        request.overrides.seed = seed
        request.overrides.precision = precision.precision
        augmentation.apply(to: &request.overrides)
        tuning.apply(to: &request.overrides)
        request.cache = loading.options
        request.maxBroken = loading.maxBroken
        if saveMemory { request.overrides.savesMemory = true }
        if let count = threads.threads { request.overrides.threads = .some(count) }
        request.loaderThreads = threads.loaderThreads
        request.collecting = try reading.options(on: counts)
        return request
    }

    private func tell(_ notice: TrainingNotice, _ display: TrainingDisplay) {
        switch notice {
        case .opened(let data):
            display.say("\(data.name.printable): \(data.classes.count) classes")
        case .chosen(let defaults):
            display.say("chosen:")
            for reason in defaults.reasons { display.say("  " + reason) }
        case .note(let text): display.say("note: " + text.printable)
        case .saving: display.close()
        }
    }

    private func finish(_ outcome: TrainingOutcome) throws {
        Output.result(json ? try TrainingSummary.json(outcome) : TrainingSummary.text(outcome))
        if let trouble = outcome.result.trouble {
            throw Failure(
                trouble.kind,
                "\(trouble.message); \(outcome.path) holds epoch \(outcome.result.bestEpoch), the best one before",
                advice: trouble.advice)
        }
        if outcome.result.reason == .interrupted {
            let kept =
                outcome.result.bestEpoch > 0
                ? "holds epoch \(outcome.result.bestEpoch), the best one"
                : outcome.result.head != nil
                    ? "holds the fitted head, which no epoch has bettered"
                    : "holds the weights as they were: no epoch was completed and nothing was measured"
            Output.message("interrupted: \(outcome.path.printable) \(kept)")
            throw ExitCode(Failure.Kind.interrupted.rawValue)
        }
    }
}
