// One epoch of a run: its steps, then validation. After the second step of a run nothing is allocated here between events.

import FoveaCollecting
import FoveaLoading
import FoveaTensorCore

/// Sums over the pictures of one epoch.
struct EpochSums {
    /// The loss of each picture times its weight.
    var loss = 0.0
    var weight = 0.0
    var correct = 0.0
    var count = 0.0

    /// Weighted as the pictures are.
    var meanLoss: Double { weight > 0 ? loss / weight : 0 }
}

extension TrainingRun {
    /// Between two step reports, in seconds: at most ten a second.
    private static let reportInterval = 0.1

    /// Trains one epoch and validates. Nil if the run was asked to stop. Throws if the loss is no number.
    func runEpoch(_ epoch: Int) throws -> EpochReport? {
        let clock = ContinuousClock()
        let start = clock.now
        var sums = EpochSums()
        var lastReport = (time: start, step: 0)
        loader.start(epoch: epoch, order: order(epoch))
        for step in 0..<stepsPerEpoch {
            guard loader.next(into: batch) else { preconditionFailure("an epoch has as many batches as steps") }
            try train(step: epoch * stepsPerEpoch + step, &sums)
            if !batch.failures.isEmpty { try note(batch.failures) }
            if stop.isSet { return nil }
            let now = clock.now
            if (now - lastReport.time).seconds >= Self.reportInterval {
                report(epoch, step + 1, sums, (now - lastReport.time).seconds, step + 1 - lastReport.step, start, now)
                lastReport = (now, step + 1)
            }
        }
        let trained = clock.now
        let seconds = (trained - start).seconds
        tell(.validating(epoch: epoch + 1))
        try runner.refresh()
        guard
            let measurement = try runner.measure(
                validationLoader, entries: task.validation.entries, classes: task.classes, each: { _ in !stop.isSet })
        else { return nil }
        validationSeconds = (clock.now - trained).seconds
        if !measurement.failures.isEmpty { try note(measurement.failures) }
        let scores = try measurement.measures.summary()
        let earlier =
            history.map { ($0.validationAccuracy, -$0.validationLoss) }
            + (head.map { [($0.validationAccuracy, -$0.validationLoss)] } ?? [])
        let isBest = earlier.allSatisfy { (scores.accuracy, -scores.loss) > $0 }
        return EpochReport(
            epoch: epoch + 1, trainingLoss: sums.meanLoss,
            trainingAccuracy: sums.correct / max(1, sums.count),
            validationLoss: scores.loss, validationAccuracy: scores.accuracy, isBest: isBest,
            learningRate: plan.input("rate")[0], seconds: seconds,
            picturesPerSecond: Double(stepsPerEpoch * batchSize) / seconds)
    }

    /// The order of an epoch, as many pictures as its steps take.
    private func order(_ epoch: Int) -> [Int] {
        let count = task.training.entries.count
        let shuffled = epochOrder(count: count, seed: task.configuration.seed, epoch: epoch)
        let wanted = stepsPerEpoch * batchSize
        return wanted <= count ? Array(shuffled.prefix(wanted)) : shuffled + shuffled.prefix(wanted - count)
    }

    /// One step on the pictures of `batch`: forward, backward, update.
    private func train(step: Int, _ sums: inout EpochSums) throws {
        let configuration = task.configuration
        _ = plan.input("targets").update(from: batch.targets)
        _ = plan.input("sampleWeights").update(from: batch.sampleWeights)
        plan.input("rate")[0] = schedule.rate(at: step, of: configuration.epochs * stepsPerEpoch)
        if plan.hasInput("step") { plan.input("step")[0] = Float(step + 1) }
        if plan.hasInput("random") {
            plan.input("random")[0] = Float(configuration.seed & 0xFF_FFFF)
            plan.input("random")[1] = Float(step & 0xFF_FFFF)
        }
        try plan.run()
        let loss = plan.output("loss")[0]
        guard loss.isFinite else {
            throw Failure(
                .work, "the loss became \(loss) in epoch \(step / stepsPerEpoch + 1), step \(step % stepsPerEpoch + 1)",
                advice: "Try a smaller --lr (it was \(configuration.learningRate)) or a longer warm-up.")
        }
        count(loss, &sums)
    }

    private func count(_ loss: Float, _ sums: inout EpochSums) {
        let probabilities = plan.output("probabilities")
        let classes = task.classes.count
        var weight = 0.0
        for row in 0..<batch.capacity where batch.sampleWeights[row] > 0 {
            weight += Double(batch.sampleWeights[row])
            sums.count += 1
            // Of a mixed picture, the class that it shows most of is the right answer.
            var (best, label) = (0, 0)
            for index in 1..<classes {
                if probabilities[row * classes + index] > probabilities[row * classes + best] { best = index }
                if batch.targets[row * classes + index] > batch.targets[row * classes + label] { label = index }
            }
            if best == label { sums.correct += 1 }
        }
        sums.loss += Double(loss) * weight
        sums.weight += weight
    }

    private func report(
        _ epoch: Int, _ step: Int, _ sums: EpochSums, _ seconds: Double, _ steps: Int,
        _ start: ContinuousClock.Instant, _ now: ContinuousClock.Instant
    ) {
        let perStep = (now - start).seconds / Double(step)
        let stepsLeft = (task.configuration.epochs - epoch) * stepsPerEpoch - step
        tell(
            .step(
                StepReport(
                    epoch: epoch + 1, step: step, stepsPerEpoch: stepsPerEpoch, loss: sums.meanLoss,
                    learningRate: plan.input("rate")[0], picturesPerSecond: Double(steps * batchSize) / seconds,
                    secondsLeft: Double(stepsLeft) * perStep
                        + Double(task.configuration.epochs - epoch) * validationSeconds)))
    }

    /// Keeps a picture's failure the first time it is met. Ends the run if hardly any picture can be read.
    private func note(_ new: [PictureFailure]) throws {
        for failure in new where failedNames.insert(failure.name).inserted {
            failures.append(failure)
            tell(.picture(failure))
        }
        try task.check(failures)
    }
}
