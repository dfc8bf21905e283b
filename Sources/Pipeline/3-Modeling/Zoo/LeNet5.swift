// LeNet-5: two convolutions with pooling, three fully connected layers. LeCun et al. 1998, figure 2; with ReLU and max
// pooling in place of the paper's scaled tanh and trained subsampling. Parameter names as in PyTorch's tutorial.

import FoveaGraph

extension LeNet5 {
    static let architectures = [
        Architecture(
            name: "lenet5", summary: "LeCun et al. 1998, with ReLU and max pooling", nominalSize: 28,
            make: { LeNet5(classCount: $0.classCount) })
    ]
}

/// LeNet-5 for pictures of 28 px and more.
package struct LeNet5: Network {
    package var classCount: Int

    package init(classCount: Int) { self.classCount = classCount }

    package var head: Scope { .root / "fc3" }

    package func features(_ x: Value) -> Value {
        let y = x.conv2d(.root / "conv1", 6, kernel: 5, padding: 2).relu().maxPool(2, stride: 2)
        return y.conv2d(.root / "conv2", 16, kernel: 5).relu().maxPool(2, stride: 2)
    }

    package func classifier(_ x: Value) -> Value {
        let y = x.flatten().linear(.root / "fc1", 120).relu().linear(.root / "fc2", 84).relu()
        return y.linear(head, classCount)
    }
}
