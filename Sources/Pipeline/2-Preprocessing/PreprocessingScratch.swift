// The memory that one loader thread preprocesses with: buffers for decoding, turning, resizing, and the tables that turn
// samples into floats. Made once, used for every picture; never shared between threads.

import CKernels
import FoveaPictures

/// Reusable memory for `Preprocessing.apply`. Belongs to one thread at a time.
package final class PreprocessingScratch {
    let decoding = DecodingMemory()
    let grayed = PixelBuffer()
    let resizer = Resizer()
    private var mean: [Float] = []
    private var deviation: [Float] = []
    private var values: [Float] = []

    package init() {}

    /// (C, 256): what each sample 0...255 of each channel becomes, y = (x / 255 - mean) / deviation, each step rounded to
    /// Float as torchvision's ToTensor and Normalize do.
    func tables(mean: [Float], deviation: [Float]) -> [Float] {
        if mean != self.mean || deviation != self.deviation {
            self.mean = mean
            self.deviation = deviation
            values = zip(mean, deviation).flatMap { mean, deviation in
                (0..<256).map { (Float($0) / 255 - mean) / deviation }
            }
        }
        return values
    }
}
