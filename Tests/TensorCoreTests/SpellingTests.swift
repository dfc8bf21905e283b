import FoveaTensorCore
import Testing

@Suite struct SpellingTests {
    @Test func `the distance counts insertions, deletions, substitutions and swaps`() {
        #expect(Spelling.distance("", "abc") == 3)
        #expect(Spelling.distance("kitten", "sitting") == 3)
        #expect(Spelling.distance("epcohs", "epochs") == 1)
        #expect(Spelling.distance("ResNet18", "resnet18") == 0)
    }

    @Test func `the nearest name comes first and strangers are left out`() {
        let models = ["resnet18", "resnet34", "mobilenet-v2", "vit-tiny"]
        #expect(nearest(to: "resent18", in: models) == ["resnet18"])
        #expect(nearest(to: "resnet", in: models) == ["resnet18", "resnet34"])
        #expect(nearest(to: "mobilenetv2", in: models) == ["mobilenet-v2"])
        #expect(nearest(to: "alexander", in: models).isEmpty)
        #expect(nearest(to: "", in: models).isEmpty)
        #expect(nearest(to: "x", in: ["y", "z"]).isEmpty)
        #expect(nearest(to: String(repeating: "a", count: 1_000_000), in: models).isEmpty)
    }
}
