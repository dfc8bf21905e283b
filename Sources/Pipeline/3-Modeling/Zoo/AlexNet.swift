// AlexNet: five convolutions, three fully connected layers. Krizhevsky 2014, "One weird trick for parallelizing convolutional
// neural networks", figure 1: the network of Krizhevsky et al. 2012 on one machine, without its two halves and without
// local response normalisation. Names, order and shapes of parameters equal torchvision's `alexnet`.

import FoveaGraph

extension AlexNet {
    static let architectures = [
        Architecture(
            name: "alexnet", summary: "Krizhevsky 2014, for 63 px and more", nominalSize: 224,
            accuracy: .torchvision(56.522), make: { AlexNet(classCount: $0.classCount) })
    ]
}

/// AlexNet for pictures of 63 px and more.
package struct AlexNet: Network {
    package var classCount: Int

    package init(classCount: Int) { self.classCount = classCount }

    package var head: Scope { .root / "classifier.6" }

    package func features(_ x: Value) -> Value {
        let scope = Scope.root / "features"
        var y = x.conv2d(scope / "0", 64, kernel: 11, stride: 4, padding: 2).relu().maxPool(3, stride: 2)
        y = y.conv2d(scope / "3", 192, kernel: 5, padding: 2).relu().maxPool(3, stride: 2)
        y = y.conv2d(scope / "6", 384, kernel: 3, padding: 1).relu()
        y = y.conv2d(scope / "8", 256, kernel: 3, padding: 1).relu()
        return y.conv2d(scope / "10", 256, kernel: 3, padding: 1).relu().maxPool(3, stride: 2)
    }

    package func classifier(_ x: Value) -> Value {
        let scope = Scope.root / "classifier"
        var y = x.adaptiveAveragePool(to: 6).flatten()
        y = y.dropout(0.5).linear(scope / "1", 4096).relu()
        y = y.dropout(0.5).linear(scope / "4", 4096).relu()
        return y.linear(head, classCount)
    }
}
