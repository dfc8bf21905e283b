// Fovea's learning rates against PyTorch's schedulers (Tests/Golden/schedules.py).

import Foundation
import FoveaTraining
import Testing

/// One scheduler of schedules.json.
struct GoldenSchedule: Decodable {
    let name, decay: String
    let every: Int?
    let factor, floor: Float?
    let warmup: Int
    let rates: [Double]

    var schedule: Schedule {
        let decay: Schedule.Decay =
            switch decay {
            case "step": .step(every: every ?? 0, factor: factor ?? 0)
            case "cosine": .cosine(floor: floor ?? 0)
            case "oneCycle": .oneCycle()
            default: .constant
            }
        return Schedule(peak: 0.1, decay: decay, warmupSteps: warmup)
    }
}

@Suite struct ScheduleTests {
    @Test func `every step has PyTorch's learning rate`() throws {
        let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        let data = try Data(contentsOf: folder.appending(path: "Golden/schedules.json"))
        let cases = try JSONDecoder().decode([GoldenSchedule].self, from: data)
        #expect(cases.count == 12)
        for golden in cases {
            let total = golden.rates.count
            for (step, expected) in golden.rates.enumerated() {
                let rate = Double(golden.schedule.rate(at: step, of: total))
                #expect(abs(rate - expected) <= 1e-6 * 0.1, "\(golden.name), step \(step): \(rate), not \(expected)")
            }
        }
    }

    @Test func `a run of any length, and a warm-up longer than it, has finite rates`() {
        let decays: [Schedule.Decay] = [.constant, .step(every: 0, factor: 0.1), .cosine(floor: 0), .oneCycle()]
        for decay in decays {
            for total in 1...5 {
                for warmup in [0, 1, 3, 100] {
                    let schedule = Schedule(peak: 1, decay: decay, warmupSteps: warmup)
                    let rates = (0...total).map { schedule.rate(at: $0, of: total) }
                    #expect(rates.allSatisfy { $0.isFinite && $0 >= 0 && $0 <= 1 })
                    #expect(rates[total] == rates[total - 1])
                }
            }
        }
    }

    @Test func `epochs of a configuration become steps`() {
        var configuration = TrainingConfiguration(model: "resnet18", size: 224)
        configuration.learningRate = 0.5
        configuration.warmupEpochs = 1.5
        #expect(
            configuration.schedule(stepsPerEpoch: 10) == Schedule(peak: 0.5, decay: .cosine(floor: 0), warmupSteps: 15))
        configuration.schedule = .step
        configuration.stepEpochs = 3
        #expect(
            configuration.schedule(stepsPerEpoch: 10)
                == Schedule(peak: 0.5, decay: .step(every: 30, factor: 0.1), warmupSteps: 15))
    }
}
