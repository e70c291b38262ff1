"""Small MindSpore networks for families of images that no MindSpore package in reach has.

They hold what the reference's networks hold, under its names and in classes called as there; nothing here is run.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Final

import numpy as np
from mindspore import Parameter, Tensor, nn

_RESNET: Final = (64, 128, 256, 512)


def _conv(inputs: int, outputs: int, kernel: int, *, has_bias: bool = True) -> nn.Conv2d:
    return nn.Conv2d(inputs, outputs, kernel, has_bias=has_bias)


def _parameter(*shape: int, is_trainable: bool = True) -> Parameter:
    return Parameter(Tensor(np.zeros(shape, np.float32)), requires_grad=is_trainable)


class BasicBlock(nn.Cell):
    """Two convolutions of 3 x 3."""

    expansion = 1

    def __init__(self, inputs: int, width: int) -> None:
        super().__init__()
        self.conv1 = _conv(inputs, width, 3, has_bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = _conv(width, width, 3, has_bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        if inputs != width:
            self.downsample = nn.SequentialCell(_conv(inputs, width, 1, has_bias=False), nn.BatchNorm2d(width))


class Bottleneck(nn.Cell):
    """A convolution of 3 x 3 between two of 1 x 1."""

    expansion = 4

    def __init__(self, inputs: int, width: int) -> None:
        super().__init__()
        self.conv1 = _conv(inputs, width, 1, has_bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = _conv(width, width, 3, has_bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.conv3 = _conv(width, 4 * width, 1, has_bias=False)
        self.bn3 = nn.BatchNorm2d(4 * width)
        if inputs != 4 * width:
            self.downsample = nn.SequentialCell(_conv(inputs, 4 * width, 1, has_bias=False), nn.BatchNorm2d(4 * width))


class ResNet(nn.Cell):
    """A ResNet without its classifier, as the body of a detector."""

    def __init__(self, block: type[BasicBlock | Bottleneck], depths: Sequence[int]) -> None:
        super().__init__()
        self.conv1 = _conv(3, 64, 7, has_bias=False)
        self.bn1 = nn.BatchNorm2d(64)
        inputs = 64
        for stage, (depth, width) in enumerate(zip(depths, _RESNET, strict=True), 1):
            blocks = []
            for _ in range(depth):
                blocks.append(block(inputs, width))
                inputs = width * block.expansion
            setattr(self, f"layer{stage}", nn.SequentialCell(*blocks))


class LastLevelP6P7(nn.Cell):
    """Two more levels of a pyramid, from the last one or from the body."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.p6 = _conv(inputs, outputs, 3)
        self.p7 = _conv(outputs, outputs, 3)


class FeaturePyramidNetwork(nn.Cell):
    """torchvision.ops.feature_pyramid_network."""

    def __init__(self, inputs: Sequence[int], extra: int | None = None, *, has_norm: bool = False) -> None:
        super().__init__()
        self.inner_blocks = nn.CellList([_normed(width, 256, 1, has_norm=has_norm) for width in inputs])
        self.layer_blocks = nn.CellList([_normed(256, 256, 3, has_norm=has_norm) for _ in inputs])
        if extra is not None:
            self.extra_blocks = LastLevelP6P7(extra, 256)


def _normed(inputs: int, outputs: int, kernel: int, *, has_norm: bool) -> nn.SequentialCell:
    if not has_norm:
        return nn.SequentialCell(_conv(inputs, outputs, kernel))
    return nn.SequentialCell(_conv(inputs, outputs, kernel, has_bias=False), nn.BatchNorm2d(outputs))


class BackboneWithFPN(nn.Cell):
    """A ResNet-50 with a pyramid on its stages."""

    def __init__(self, inputs: Sequence[int], extra: int | None = None, *, has_norm: bool = False) -> None:
        super().__init__()
        self.body = ResNet(Bottleneck, (3, 4, 6, 3))
        self.fpn = FeaturePyramidNetwork(inputs, extra, has_norm=has_norm)


class _Branch(nn.Cell):
    """Four convolutions and what reads them."""

    def __init__(self, readers: dict[str, int], style: str) -> None:
        super().__init__()
        cells: list[nn.Cell] = []
        for _ in range(4):
            convolution, norm = _conv(256, 256, 3, has_bias=style != "v2"), nn.GroupNorm(32, 256)
            match style:
                case "fcos":
                    cells += [convolution, norm, nn.ReLU()]
                case "v2":
                    cells.append(nn.SequentialCell(convolution, norm))
                case _:
                    cells.append(nn.SequentialCell(convolution))
        self.conv = nn.SequentialCell(*cells)
        for name, outputs in readers.items():
            setattr(self, name, _conv(256, outputs, 3))


class _DenseHead(nn.Cell):
    def __init__(self, classes: dict[str, int], boxes: dict[str, int], style: str) -> None:
        super().__init__()
        self.classification_head = _Branch(classes, style)
        self.regression_head = _Branch(boxes, style)


class RetinaNet(nn.Cell):
    """torchvision.models.detection.retinanet with 91 classes; the second version has norms in its heads."""

    def __init__(self, version: int = 1) -> None:
        super().__init__()
        self.backbone = BackboneWithFPN((512, 1024, 2048), 256 if version == 1 else 2048)
        self.head = _DenseHead({"cls_logits": 9 * 91}, {"bbox_reg": 36}, f"v{version}")


class FCOS(nn.Cell):
    """torchvision.models.detection.fcos with 91 classes."""

    def __init__(self) -> None:
        super().__init__()
        self.backbone = BackboneWithFPN((512, 1024, 2048), 256)
        self.head = _DenseHead({"cls_logits": 91}, {"bbox_reg": 4, "bbox_ctrness": 1}, "fcos")


class RPNHead(nn.Cell):
    """torchvision.models.detection.rpn."""

    def __init__(self, depth: int) -> None:
        super().__init__()
        self.conv = nn.SequentialCell(*(nn.SequentialCell(_conv(256, 256, 3)) for _ in range(depth)))
        self.cls_logits = _conv(256, 3, 1)
        self.bbox_pred = _conv(256, 12, 1)


class _Proposals(nn.Cell):
    def __init__(self, depth: int) -> None:
        super().__init__()
        self.head = RPNHead(depth)


class TwoMLPHead(nn.Cell):
    """torchvision.models.detection.faster_rcnn."""

    def __init__(self) -> None:
        super().__init__()
        self.fc6 = nn.Dense(256 * 49, 1024)
        self.fc7 = nn.Dense(1024, 1024)


class FastRCNNPredictor(nn.Cell):
    """torchvision.models.detection.faster_rcnn."""

    def __init__(self) -> None:
        super().__init__()
        self.cls_score = nn.Dense(1024, 91)
        self.bbox_pred = nn.Dense(1024, 4 * 91)


class MaskRCNNPredictor(nn.Cell):
    """torchvision.models.detection.mask_rcnn."""

    def __init__(self) -> None:
        super().__init__()
        self.conv5_mask = nn.Conv2dTranspose(256, 256, 2, 2, has_bias=True)
        self.mask_fcn_logits = _conv(256, 91, 1)


class _RoIHeads(nn.Cell):
    def __init__(self, version: int, *, has_masks: bool) -> None:
        super().__init__()
        if version == 1:
            self.box_head: nn.Cell = TwoMLPHead()
        else:
            convolutions = [_normed(256, 256, 3, has_norm=True) for _ in range(4)]
            self.box_head = nn.SequentialCell(*convolutions, nn.Flatten(), nn.Dense(256 * 49, 1024))
        self.box_predictor = FastRCNNPredictor()
        if has_masks:
            self.mask_head = nn.SequentialCell(*(_normed(256, 256, 3, has_norm=version == 2) for _ in range(4)))
            self.mask_predictor = MaskRCNNPredictor()


class MaskRCNN(nn.Cell):
    """torchvision.models.detection's Faster and Mask R-CNN with 91 classes; the second version has norms."""

    def __init__(self, version: int = 1, *, has_masks: bool = True) -> None:
        super().__init__()
        self.backbone = BackboneWithFPN((256, 512, 1024, 2048), has_norm=version == 2)
        self.rpn = _Proposals(version)
        self.roi_heads = _RoIHeads(version, has_masks=has_masks)


class DecoderBlock(nn.Cell):
    """segmentation_models_pytorch.decoders.unet."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.conv1 = _normed(inputs, outputs, 3, has_norm=True)
        self.conv2 = _normed(outputs, outputs, 3, has_norm=True)


class _Decoder(nn.Cell):
    def __init__(self, blocks: Sequence[nn.Cell]) -> None:
        super().__init__()
        self.blocks = nn.CellList(list(blocks))


class SmpUnet(nn.Cell):
    """segmentation_models_pytorch.Unet on a ResNet-18 with two classes."""

    def __init__(self) -> None:
        super().__init__()
        self.encoder = ResNet(BasicBlock, (2, 2, 2, 2))
        widths = ((512 + 256, 256), (256 + 128, 128), (128 + 64, 64), (64 + 64, 32), (32, 16))
        self.decoder = _Decoder([DecoderBlock(*pair) for pair in widths])
        self.segmentation_head = nn.SequentialCell(_conv(16, 2, 3))


class ConvDropoutNormReLU(nn.Cell):
    """dynamic_network_architectures.building_blocks.simple_conv_blocks."""

    def __init__(self, inputs: int, outputs: int, kernel: int = 3, *, has_bias: bool = True) -> None:
        super().__init__()
        self.conv = _conv(inputs, outputs, kernel, has_bias=has_bias)
        self.norm = nn.InstanceNorm2d(outputs)


class StackedConvBlocks(nn.Cell):
    """dynamic_network_architectures.building_blocks.simple_conv_blocks."""

    def __init__(self, inputs: int, outputs: int, depth: int) -> None:
        super().__init__()
        widths = (inputs, *(outputs,) * depth)
        self.convs = nn.SequentialCell(*(ConvDropoutNormReLU(*pair) for pair in pairwise(widths)))


class BasicBlockD(nn.Cell):
    """dynamic_network_architectures.building_blocks.residual."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.conv1 = ConvDropoutNormReLU(inputs, outputs)
        self.conv2 = ConvDropoutNormReLU(outputs, outputs)
        if inputs != outputs:
            shortcut = ConvDropoutNormReLU(inputs, outputs, 1, has_bias=False)
            self.skip = nn.SequentialCell(nn.AvgPool2d(2, 2), shortcut)


class _ResidualStage(nn.Cell):
    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.blocks = nn.SequentialCell(BasicBlockD(inputs, outputs))


class _Encoder(nn.Cell):
    def __init__(self, widths: Sequence[int], *, is_residual: bool) -> None:
        super().__init__()
        if is_residual:
            self.stem = StackedConvBlocks(1, widths[0], 1)
            pairs = pairwise((widths[0], *widths))
            self.stages = nn.SequentialCell(*(_ResidualStage(*pair) for pair in pairs))
        else:
            self.stages = nn.SequentialCell(
                *(nn.SequentialCell(StackedConvBlocks(*pair, 2)) for pair in pairwise((1, *widths)))
            )


class UNetDecoder(nn.Cell):
    """dynamic_network_architectures.building_blocks.unet_decoder, with deep supervision and three classes."""

    def __init__(self, widths: Sequence[int], depth: int) -> None:
        super().__init__()
        pairs = list(pairwise(reversed(widths)))
        self.stages = nn.CellList([StackedConvBlocks(2 * above, above, depth) for _, above in pairs])
        self.transpconvs = nn.CellList(
            [nn.Conv2dTranspose(below, above, 2, 2, has_bias=True) for below, above in pairs]
        )
        self.seg_layers = nn.CellList([_conv(above, 3, 1) for _, above in pairs])


class NnUNet(nn.Cell):
    """nnU-Net's PlainConvUNet, or its ResidualEncoderUNet, with four stages."""

    def __init__(self, *, is_residual: bool = False) -> None:
        super().__init__()
        widths = (32, 64, 128, 256)
        self.encoder = _Encoder(widths, is_residual=is_residual)
        self.decoder = UNetDecoder(widths, 1 if is_residual else 2)


class DoubleConv(nn.Cell):
    """milesial/Pytorch-UNet unet/unet_parts.py."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        cells: list[nn.Cell] = []
        for width in (inputs, outputs):
            cells += [_conv(width, outputs, 3, has_bias=False), nn.BatchNorm2d(outputs), nn.ReLU()]
        self.double_conv = nn.SequentialCell(*cells)


class Down(nn.Cell):
    """milesial/Pytorch-UNet unet/unet_parts.py."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.maxpool_conv = nn.SequentialCell(nn.MaxPool2d(2), DoubleConv(inputs, outputs))


class Up(nn.Cell):
    """milesial/Pytorch-UNet unet/unet_parts.py."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.up = nn.Conv2dTranspose(inputs, outputs, 2, 2, has_bias=True)
        self.conv = DoubleConv(inputs, outputs)


class OutConv(nn.Cell):
    """milesial/Pytorch-UNet unet/unet_parts.py."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.conv = _conv(inputs, outputs, 1)


class UNet(nn.Cell):
    """milesial/Pytorch-UNet with one level instead of four."""

    def __init__(self, width: int = 8) -> None:
        super().__init__()
        self.inc = DoubleConv(3, width)
        self.down1 = Down(width, 2 * width)
        self.up1 = Up(2 * width, width)
        self.outc = OutConv(width, 2)


class Generator(nn.Cell):
    """pytorch/examples dcgan/main.py, two layers less deep."""

    def __init__(self, width: int = 8) -> None:
        super().__init__()
        self.main = nn.SequentialCell(
            nn.Conv2dTranspose(100, 2 * width, 4, has_bias=False),
            nn.BatchNorm2d(2 * width),
            nn.ReLU(),
            nn.Conv2dTranspose(2 * width, width, 4, 2, has_bias=False),
            nn.BatchNorm2d(width),
            nn.ReLU(),
            nn.Conv2dTranspose(width, 3, 4, 2, has_bias=False),
        )


class Discriminator(nn.Cell):
    """pytorch/examples dcgan/main.py, two layers less deep."""

    def __init__(self, width: int = 8) -> None:
        super().__init__()
        self.main = nn.SequentialCell(
            _conv(3, width, 4, has_bias=False),
            nn.LeakyReLU(0.2),
            _conv(width, 2 * width, 4, has_bias=False),
            nn.BatchNorm2d(2 * width),
            nn.LeakyReLU(0.2),
            _conv(2 * width, 1, 4, has_bias=False),
        )


class Dcgan(nn.Cell):
    """Both networks."""

    def __init__(self) -> None:
        super().__init__()
        self.generator = Generator()
        self.discriminator = Discriminator()


class FullyConnectedLayer(nn.Cell):
    """NVlabs/stylegan2-ada-pytorch training/networks.py."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.weight = _parameter(outputs, inputs)
        self.bias = _parameter(outputs)


class Conv2dLayer(nn.Cell):
    """NVlabs/stylegan2-ada-pytorch training/networks.py."""

    def __init__(self, inputs: int, outputs: int, kernel: int, *, has_bias: bool = True) -> None:
        super().__init__()
        self.weight = _parameter(outputs, inputs, kernel, kernel)
        if has_bias:
            self.bias = _parameter(outputs)


class SynthesisLayer(nn.Cell):
    """NVlabs/stylegan2-ada-pytorch training/networks.py."""

    def __init__(self, inputs: int, outputs: int, latent: int, resolution: int) -> None:
        super().__init__()
        self.weight = _parameter(outputs, inputs, 3, 3)
        self.noise_strength = _parameter()
        self.bias = _parameter(outputs)
        self.noise_const = _parameter(resolution, resolution, is_trainable=False)
        self.affine = FullyConnectedLayer(latent, inputs)


class ToRGBLayer(nn.Cell):
    """NVlabs/stylegan2-ada-pytorch training/networks.py."""

    def __init__(self, inputs: int, latent: int) -> None:
        super().__init__()
        self.weight = _parameter(3, inputs, 1, 1)
        self.bias = _parameter(3)
        self.affine = FullyConnectedLayer(latent, inputs)


class SynthesisBlock(nn.Cell):
    """NVlabs/stylegan2-ada-pytorch training/networks.py."""

    def __init__(self, inputs: int, outputs: int, latent: int, resolution: int) -> None:
        super().__init__()
        if inputs:
            self.conv0 = SynthesisLayer(inputs, outputs, latent, resolution)
        else:
            self.const = _parameter(outputs, resolution, resolution)
        self.conv1 = SynthesisLayer(outputs, outputs, latent, resolution)
        self.torgb = ToRGBLayer(outputs, latent)


class SynthesisNetwork(nn.Cell):
    """NVlabs/stylegan2-ada-pytorch training/networks.py."""

    def __init__(self, width: int, latent: int) -> None:
        super().__init__()
        self.b4 = SynthesisBlock(0, width, latent, 4)
        self.b8 = SynthesisBlock(width, width, latent, 8)


class MappingNetwork(nn.Cell):
    """NVlabs/stylegan2-ada-pytorch training/networks.py, for labelled images."""

    def __init__(self, latent: int) -> None:
        super().__init__()
        self.embed = FullyConnectedLayer(10, latent)
        self.fc0 = FullyConnectedLayer(2 * latent, latent)
        self.fc1 = FullyConnectedLayer(latent, latent)
        self.w_avg = _parameter(latent, is_trainable=False)


class DiscriminatorBlock(nn.Cell):
    """NVlabs/stylegan2-ada-pytorch training/networks.py."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.fromrgb = Conv2dLayer(3, width, 1)
        self.conv0 = Conv2dLayer(width, width, 3)
        self.conv1 = Conv2dLayer(width, width, 3)
        self.skip = Conv2dLayer(width, width, 1, has_bias=False)


class DiscriminatorEpilogue(nn.Cell):
    """NVlabs/stylegan2-ada-pytorch training/networks.py."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.conv = Conv2dLayer(width + 1, width, 3)
        self.fc = FullyConnectedLayer(16 * width, width)
        self.out = FullyConnectedLayer(width, 1)


class StyleGan2(nn.Cell):
    """Generator and discriminator for images of 8 x 8."""

    def __init__(self, width: int = 8, latent: int = 16) -> None:
        super().__init__()
        self.mapping = MappingNetwork(latent)
        self.synthesis = SynthesisNetwork(width, latent)
        self.b8 = DiscriminatorBlock(width)
        self.b4 = DiscriminatorEpilogue(width)


class FixupBasicBlock(nn.Cell):
    """hongyi-zhang/Fixup imagenet/models/fixup_resnet_imagenet.py."""

    expansion = 1

    def __init__(self, inputs: int, width: int) -> None:
        super().__init__()
        self.bias1a, self.bias1b, self.bias2a, self.bias2b = (_parameter(1) for _ in range(4))
        self.conv1 = _conv(inputs, width, 3, has_bias=False)
        self.conv2 = _conv(width, width, 3, has_bias=False)
        self.scale = _parameter(1)
        if inputs != width:
            self.downsample = _conv(inputs, width, 1, has_bias=False)


class FixupBottleneck(nn.Cell):
    """hongyi-zhang/Fixup imagenet/models/fixup_resnet_imagenet.py."""

    expansion = 4

    def __init__(self, inputs: int, width: int) -> None:
        super().__init__()
        self.bias1a, self.bias1b, self.bias2a = (_parameter(1) for _ in range(3))
        self.bias2b, self.bias3a, self.bias3b = (_parameter(1) for _ in range(3))
        self.conv1 = _conv(inputs, width, 1, has_bias=False)
        self.conv2 = _conv(width, width, 3, has_bias=False)
        self.conv3 = _conv(width, 4 * width, 1, has_bias=False)
        self.scale = _parameter(1)
        if inputs != 4 * width:
            self.downsample = _conv(inputs, 4 * width, 1, has_bias=False)


class FixupResNet(nn.Cell):
    """hongyi-zhang/Fixup with two blocks in the first stage and one in each other: a depth of five."""

    def __init__(self, *, has_bottlenecks: bool = True) -> None:
        super().__init__()
        block = FixupBottleneck if has_bottlenecks else FixupBasicBlock
        self.conv1 = _conv(3, 64, 7, has_bias=False)
        self.bias1 = _parameter(1)
        inputs = 64
        for stage, (depth, width) in enumerate(zip((2, 1, 1, 1), _RESNET, strict=True), 1):
            blocks = []
            for _ in range(depth):
                blocks.append(block(inputs, width))
                inputs = width * block.expansion
            setattr(self, f"layer{stage}", nn.SequentialCell(*blocks))
        self.bias2 = _parameter(1)
        self.fc = nn.Dense(inputs, 10)
