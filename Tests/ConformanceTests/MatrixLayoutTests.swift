// Our kernels that bring matrices and filters into oneDNN's layouts and back, against where those layouts say that every
// number lies.

import CKernels
import FoveaTensorCore
import FoveaTestSupport
import Testing

@Suite(.enabled(if: fovea_matrix_layouts_suit() != 0, "a processor that multiplies bf16"))
struct MatrixLayoutTests {
    private static let shapes = [(1, 1), (17, 3), (16, 16), (64, 64), (100, 70), (33, 129), (70, 600)]

    /// Every shape, with blocks of rows and elements of a window.
    private static var matrices: [fovea_matrix] {
        shapes.flatMap { rows, columns in
            [(16, 1), (32, 1), (64, 1), (16, 9)].map { block, taps in
                fovea_matrix(
                    rows: Int64(rows), columns: Int64(columns), taps: Int64(taps), block: Int64(block),
                    layout: FOVEA_MATRIX_COLUMN_PAIRS, columns_first: 0)
            }
        }
    }

    /// Numbers that bf16 holds exactly, as parameters lie.
    private func numbers(_ matrix: fovea_matrix) -> [Float] {
        Tensor<Float>.random([Int(matrix.rows), Int(matrix.columns), Int(matrix.taps)], seed: 1).elements.map {
            Float(bitPattern: $0.bitPattern & 0xFFFF_0000)
        }
    }

    /// The same in the matrix's layout, with what fills up its blocks.
    private func laidOut(_ given: [Float], _ matrix: fovea_matrix, filling: Float) -> [Float] {
        let (columns, taps, block) = (Int(matrix.columns), Int(matrix.taps), Int(matrix.block))
        let (across, down) = ((columns + 15) / 16, (Int(matrix.rows) + block - 1) / block)
        var result = [Float](repeating: filling, count: across * 16 * down * block * taps)
        for (index, number) in given.enumerated() {
            let (row, column, tap) = (index / taps / columns, index / taps % columns, index % taps)
            let tile = matrix.columns_first != 0 ? column / 16 * down + row / block : row / block * across + column / 16
            let within =
                switch matrix.layout {
                case FOVEA_MATRIX_COLUMN_PAIRS: (column % 16 / 2 * block + row % block) * 2 + column % 2
                case FOVEA_MATRIX_ROW_PAIRS: (row % 16 / 2 * 16 + column % 16) * 2 + row % 2
                default: column % 16 * block + row % block
                }
            result[(tile * taps + tap) * 16 * block + within] = number
        }
        return result
    }

    private func checkPacking(_ matrix: fovea_matrix) {
        let given = numbers(matrix)
        let expected = laidOut(given, matrix, filling: 0).map { UInt16($0.bitPattern >> 16) }
        var packed = [UInt16](repeating: 0xFFFF, count: expected.count)
        withUnsafePointer(to: matrix) { fovea_matrix_pack($0, given, &packed) }
        let isEqual = packed == expected
        #expect(isEqual, "\(matrix)")
    }

    @Test func `matrices and filters are packed in pairs of columns`() {
        for matrix in Self.matrices { checkPacking(matrix) }
    }

    @Test func `matrices and filters are packed in pairs of rows`() {
        for var matrix in Self.matrices where matrix.block == 16 {
            matrix.layout = FOVEA_MATRIX_ROW_PAIRS
            checkPacking(matrix)
            matrix.columns_first = 1
            checkPacking(matrix)
        }
    }

    @Test func `gradients in blocks come back as parameters lie`() {
        for var matrix in Self.matrices {
            matrix.layout = FOVEA_MATRIX_COLUMNS
            let given = numbers(matrix)
            let blocked = laidOut(given, matrix, filling: .nan)
            var result = [Float](repeating: .nan, count: given.count)
            fovea_matrix_unpack(&matrix, blocked, &result)
            let isEqual = result == given
            #expect(isEqual, "\(matrix)")
        }
    }
}
