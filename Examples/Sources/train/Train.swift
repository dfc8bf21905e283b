// Trains a model on a folder of labelled pictures:  train FOLDER MODEL.fovea

import Fovea

@main
struct Train {
    static func main() async throws {
        let arguments = CommandLine.arguments
        guard arguments.count == 3 else { return print("usage: train FOLDER MODEL.fovea") }
        for try await progress in Training(data: arguments[1], output: arguments[2]).run() {
            switch progress {
            case .epoch(let epoch): print("epoch \(epoch.number): \(epoch.accuracy * 100) % of validation")
            case .saved(let path, _): print("saved \(path)")
            default: break
            }
        }
    }
}
