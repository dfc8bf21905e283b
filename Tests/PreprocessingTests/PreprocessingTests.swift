import FoveaPreprocessing
import FoveaPictures
import Testing
@Test func `names`() { #expect(Interpolation.bilinear != .bicubic) }
