// What a person types, and what the environment says.

import FoveaHub
import FoveaTensorCore
import Testing

@Suite struct HubNamesTests {
    @Test func `names on a hub are told from paths`() {
        #expect(
            HubReference("timm/resnet18.a1_in1k") == .repository(HubRepository(owner: "timm", name: "resnet18.a1_in1k"))
        )
        #expect(
            HubReference("hf:a-b/c_d@refs/pr/3")
                == .repository(HubRepository(owner: "a-b", name: "c_d", revision: "refs/pr/3")))
        #expect(HubReference("torchvision/resnet50") == .torchvision(name: "resnet50", version: nil))
        #expect(HubReference("torchvision/resnet50@V1") == .torchvision(name: "resnet50", version: "V1"))
        #expect(
            HubReference("hf:torchvision/resnet50")
                == .repository(HubRepository(owner: "torchvision", name: "resnet50")))
    }

    @Test(arguments: [
        "resnet18", "a/b/c", "./model", "../model", "/etc/passwd", "a/..", "a/b.", "a b/c", "a/b@../../x", "a/b@",
        "hf:", "a/",
        "/b", "a/b--c", "-a/b",
    ])
    func `whatever else is no name on a hub`(_ text: String) { #expect(HubReference(text) == nil) }

    @Test func `the environment is read as huggingface_hub reads it`() {
        let plain = HubSettings(["HOME": "/home/x"])
        #expect(plain.endpoint == "https://huggingface.co")
        #expect(plain.cache == "/home/x/.cache/huggingface/hub")
        #expect(plain.torchvisionCache == "/home/x/.cache/torch/hub/checkpoints")
        #expect(!plain.isOffline && plain.token == nil)
        let shared = HubSettings(["HOME": "/home/x", "XDG_CACHE_HOME": "/c"])
        #expect(shared.cache == "/c/huggingface/hub")
        let home = HubSettings([
            "HOME": "/home/x", "HF_HOME": "~/hf", "HF_ENDPOINT": "http://mirror/", "HF_TOKEN": " t\n",
        ])
        #expect(home.cache == "/home/x/hf/hub")
        #expect(home.endpoint == "http://mirror")
        #expect(home.token == "t")
        let own = HubSettings(["HF_HOME": "/h", "HF_HUB_CACHE": "/k", "HF_HUB_OFFLINE": "yes"])
        #expect(own.cache == "/k")
        #expect(own.isOffline)
        #expect(!HubSettings(["HF_HUB_OFFLINE": "0"]).isOffline)
    }

    @Test func `torchvision's default weights are found, and others by their version`() throws {
        #expect(try TorchvisionWeights(named: "resnet50", version: nil).file == "resnet50-11ad3fa6.pth")
        #expect(try TorchvisionWeights(named: "resnet50", version: "v1").file == "resnet50-0676ba61.pth")
        #expect(try TorchvisionWeights(named: "resnet50", version: "IMAGENET1K_V2").resize == 232)
        let names = Set(TorchvisionWeights.all.map(\.name))
        #expect(names.allSatisfy { name in TorchvisionWeights.all.count { $0.name == name && $0.isDefault } == 1 })
        let failure = #expect(throws: Failure.self) { try TorchvisionWeights(named: "resnet50", version: "V7") }
        #expect(failure?.advice?.contains("torchvision/resnet50@V1") == true)
    }
}
