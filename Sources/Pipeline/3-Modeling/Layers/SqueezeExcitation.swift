// Squeeze and excitation: every channel is weighed by what all channels are like on average.
// Hu et al. 2018, figure 1 and equation 3; names of parameters equal torchvision's `SqueezeExcitation`.

import FoveaGraph
import FoveaOperators

/// y = x gate(w2 activation(w1 mean(x) + b1) + b2). Shape in is shape out.
struct SqueezeExcitation: Layer {
    /// Channels between the two 1x1 convolutions.
    var squeezed: Int
    var activation = Activation.Kind.relu
    var gate = Activation.Kind.sigmoid
    /// How filters start; biases start at 0 where this is given, else as PyTorch's.
    var startsByFanOut = false
    /// Of the two convolutions.
    var names = ("fc1", "fc2")

    func callAsFunction(_ x: Value, _ scope: Scope) -> Value {
        func convolution(_ x: Value, _ scope: Scope, _ channels: Int) -> Value {
            x.conv2d(
                scope, channels, kernel: 1, initializer: startsByFanOut ? .kaimingNormal(fanOut: channels) : nil,
                biasInitializer: startsByFanOut ? .constant(0) : nil)
        }
        let mean = convolution(x.globalAveragePool(), scope / names.0, squeezed).activated(activation)
        return x * convolution(mean, scope / names.1, x.channels).activated(gate)
    }
}
