// Classifies pictures with a model:  classify MODEL.fovea PICTURE...

import Fovea

@main
struct Classify {
    static func main() async throws {
        let arguments = CommandLine.arguments.dropFirst()
        guard let model = arguments.first else { return print("usage: classify MODEL.fovea PICTURE...") }
        let classifier = try Classifier(contentsOf: model)
        for try await (path, answers) in classifier.classify(paths: Array(arguments.dropFirst()), top: 1) {
            switch answers {
            case .success(let answers): print(path, answers.map { "\($0.label) \($0.probability)" }.joined())
            case .failure(let failure): print(path, failure.message)
            }
        }
    }
}
