// Reorders of filters and matrices in training with bf16 by our own kernels (CKernels/matrix_layouts.h): once a step weights go
// into the layouts of oneDNN's products, and gradients come back. oneDNN's reorders of such layouts are slow.

import CKernels
import FoveaCompiler
import FoveaTensorCore

/// A matrix in one of the layouts that our kernels know.
private struct MatrixLayout {
    let matrix: fovea_matrix

    /// Nil for anything else. `plain` is the other side.
    init?(_ format: TensorFormat, plain: TensorFormat) {
        guard plain.layout == .plain, plain.dataType == .f32, format.scales == plain.scales,
            fovea_matrix_layouts_suit() != 0,
            case .library(let name, let byteCount, let descriptor) = format.layout, descriptor is OneDNNLayout
        else { return nil }
        let shape = format.shape
        guard shape.rank == 2 || shape.rank == 4, let known = Self.known["\(name) \(format.dataType)"] else {
            return nil
        }
        let taps = shape.dimensions.dropFirst(2).reduce(1, *)
        matrix = fovea_matrix(
            rows: Int64(shape[0]), columns: Int64(shape[1]), taps: Int64(taps), block: Int64(known.block),
            layout: known.layout, columns_first: known.columnsFirst ? 1 : 0)
        let rows = (shape[0] + known.block - 1) / known.block * known.block
        let columns = (shape[1] + 15) / 16 * 16
        guard byteCount == rows * columns * taps * format.dataType.byteCount else { return nil }
    }

    private typealias Known = (layout: fovea_matrix_layout, block: Int, columnsFirst: Bool)

    /// By oneDNN's names, of matrices and of filters.
    private static let known: [String: Known] = [
        "AB8b16a2b bf16": (FOVEA_MATRIX_COLUMN_PAIRS, 16, false),
        "AB8b32a2b bf16": (FOVEA_MATRIX_COLUMN_PAIRS, 32, false),
        "AB8b64a2b bf16": (FOVEA_MATRIX_COLUMN_PAIRS, 64, false),
        "ABcd8b16a2b bf16": (FOVEA_MATRIX_COLUMN_PAIRS, 16, false),
        "ABcd8a16b2a bf16": (FOVEA_MATRIX_ROW_PAIRS, 16, false), "BAcd8a16b2a bf16": (FOVEA_MATRIX_ROW_PAIRS, 16, true),
        "AB16b16a f32": (FOVEA_MATRIX_COLUMNS, 16, false), "AB16b32a f32": (FOVEA_MATRIX_COLUMNS, 32, false),
        "AB16b64a f32": (FOVEA_MATRIX_COLUMNS, 64, false), "ABcd16b16a f32": (FOVEA_MATRIX_COLUMNS, 16, false),
    ]
}

/// Our kernel for a reorder; nil where ours cannot do it.
func ownMatrixReorder(from: TensorFormat, to: TensorFormat) -> KernelProposal? {
    if let target = MatrixLayout(to, plain: from), target.matrix.layout != FOVEA_MATRIX_COLUMNS {
        let matrix = target.matrix
        return KernelProposal(inputs: [from], outputs: [to], implementation: ownKernelName("matrix_layout")) { memory in
            let (source, packed) = (memory.inputs[0].floats, memory.outputs[0].assumingMemoryBound(to: UInt16.self))
            return OwnKernel { withUnsafePointer(to: matrix) { fovea_matrix_pack($0, source, packed) } }
        }
    }
    if let source = MatrixLayout(from, plain: to), source.matrix.layout == FOVEA_MATRIX_COLUMNS {
        let matrix = source.matrix
        return KernelProposal(inputs: [from], outputs: [to], implementation: ownKernelName("matrix_layout")) { memory in
            let (blocked, rows) = (memory.inputs[0].floats, memory.outputs[0].floats)
            return OwnKernel { withUnsafePointer(to: matrix) { fovea_matrix_unpack($0, blocked, rows) } }
        }
    }
    return nil
}
