// How many pictures go through a network at a time: few where memory decides, many where arithmetic does.

import FoveaRunning
import FoveaTestSupport
import Testing

@Suite struct UsualBatchSizeTests {
    @Test(arguments: [
        ("mobilenet_v2", 224, 4), ("mobilenet_v2", 96, 16), ("resnet18", 224, 32), ("resnet50", 224, 32),
        ("vgg11_bn", 224, 32), ("lenet5", 28, 128), ("smallcnn", 28, 128),
    ]) func `networks of depthwise convolutions run in batches that stay in the cache`(
        _ network: String, _ size: Int, _ expected: Int
    ) throws {
        let model = try randomModel(classes: ["a", "b"], architecture: network, size: size)
        #expect(model.usualBatchSize == expected)
    }
}
