"""torchvision beside a CPU build of PyTorch.

torchvision's wheel is compiled against PyTorch with CUDA; beside the CPU build its compiled operators do not load, and
its Python then fails because they are not even declared. Networks, transforms and data sets need none of them, so it is
enough to declare the names first. Import torchvision through this module: `from vision import torchvision`.
"""

import torch

_OPERATORS = (
    "nms", "qnms", "roi_align", "roi_pool", "ps_roi_align", "ps_roi_pool", "_roi_align_backward",
    "_roi_pool_backward", "_ps_roi_align_backward", "_ps_roi_pool_backward", "deform_conv2d",
    "_deform_conv2d_backward",
)  # fmt: skip

_library = torch.library.Library("torchvision", "FRAGMENT")  # Lives as long as its declarations.
for _name in _OPERATORS:
    _library.define(_name + "(Tensor a) -> Tensor")

import torchvision  # noqa: E402

__all__ = ["torchvision"]
