"""Names that compute no numbers of their own, and the tests that compare them with PyTorch's."""

GROUPS = {
    "Backward passes, and what tensors tell of them": (
        "Tensor.backward Tensor.grad Tensor.grad_fn Tensor.is_leaf Tensor.requires_grad Tensor.requires_grad_ "
        "Tensor.retain_grad Tensor.data",
        "conformance/cases/programs.py",
    ),
    "Hooks of gradients": (
        "Tensor.register_hook Tensor.register_post_accumulate_grad_hook",
        "autograd/test_hooks_torch.py",
    ),
    "Modes": (
        "no_grad enable_grad inference_mode set_grad_enabled is_grad_enabled autograd.no_grad "
        "autograd.enable_grad autograd.inference_mode autograd.set_grad_enabled",
        "conformance/cases/programs.py",
    ),
    "Derivatives by the program": ("autograd.Function autograd.gradcheck", "autograd/test_function_torch.py"),
    "Gradients of some tensors": ("autograd.grad autograd.backward", "autograd/test_gradients_torch.py"),
    "Looking for NaN": ("autograd.detect_anomaly autograd.set_detect_anomaly", "autograd/test_anomaly_torch.py"),
    "Shapes, dtypes and memory": (
        "Size finfo get_default_dtype set_default_dtype Tensor.element_size Tensor.is_contiguous Tensor.dtype "
        "Tensor.device Tensor.ndim Tensor.shape Tensor.type",
        "test_tensor_torch.py",
    ),
    "The old classes": (
        "BoolTensor ByteTensor CharTensor ShortTensor IntTensor LongTensor FloatTensor DoubleTensor Tensor",
        "conformance/test_structure_torch.py",
    ),
    "More about memory": (
        "device Tensor.is_cuda Tensor.itemsize Tensor.nbytes",
        "conformance/test_structure_torch.py",
    ),
    "dtypes": (
        "bool double float float32 float64 int int16 int32 int64 int8 long uint8",
        "conformance/test_structure_torch.py",
    ),
    "Numbers": ("e inf nan pi", "conformance/test_structure_torch.py"),
    "The generator's state": (
        "get_rng_state set_rng_state initial_seed seed default_generator random.get_rng_state "
        "random.set_rng_state random.initial_seed random.seed random.default_generator random.manual_seed "
        "random.Generator",
        "test_random_torch.py",
    ),
    "How tensors are printed": ("set_printoptions", "test_printing_torch.py"),
    "Threads": ("get_num_threads set_num_threads", "conformance/test_structure_torch.py"),
    "Determinism": (
        "are_deterministic_algorithms_enabled use_deterministic_algorithms",
        "test_without_gpu_torch.py",
    ),
    "Memory formats": ("contiguous_format preserve_format", "test_without_gpu_torch.py"),
    "Files": ("load save", "test_torch_files_torch.py"),
    "Modules and containers": (
        "nn.Module nn.ModuleDict nn.ModuleList nn.Parameter nn.Sequential",
        "nn/test_layers_torch.py",
    ),
    "What modules are asked": (
        "nn.Module.add_module nn.Module.apply nn.Module.buffers nn.Module.children nn.Module.cpu "
        "nn.Module.double nn.Module.eval nn.Module.extra_repr nn.Module.float nn.Module.forward "
        "nn.Module.get_buffer nn.Module.get_parameter nn.Module.get_submodule nn.Module.modules "
        "nn.Module.named_buffers nn.Module.named_children nn.Module.named_modules nn.Module.named_parameters "
        "nn.Module.parameters nn.Module.register_buffer nn.Module.register_module "
        "nn.Module.register_parameter nn.Module.requires_grad_ nn.Module.to nn.Module.train "
        "nn.Module.zero_grad",
        "conformance/test_structure_torch.py",
    ),
    "Containers of parameters": (
        "nn.Buffer nn.ParameterDict nn.ParameterList",
        "nn/test_parameter_containers_torch.py",
    ),
    "Hooks of modules in the backward pass": (
        "nn.Module.register_full_backward_hook nn.Module.register_full_backward_pre_hook",
        "nn/test_backward_hooks_torch.py",
    ),
    "States and hooks of modules": (
        "nn.Module.state_dict nn.Module.load_state_dict nn.Module.get_extra_state nn.Module.set_extra_state "
        "nn.Module.set_submodule nn.Module.register_forward_hook nn.Module.register_forward_pre_hook "
        "nn.Module.register_state_dict_pre_hook nn.Module.register_state_dict_post_hook "
        "nn.Module.register_load_state_dict_pre_hook nn.Module.register_load_state_dict_post_hook",
        "nn/test_protocol_torch.py",
    ),
    "Optimisers by hand": ("optim.Optimizer", "optim/test_protocol_torch.py"),
    "Optimisers' groups, states and hooks": (
        "optim.Optimizer.load_state_dict optim.Optimizer.state_dict optim.Optimizer.step "
        "optim.Optimizer.zero_grad optim.Optimizer.register_step_pre_hook "
        "optim.Optimizer.register_step_post_hook optim.Optimizer.register_state_dict_pre_hook "
        "optim.Optimizer.register_state_dict_post_hook optim.Optimizer.register_load_state_dict_pre_hook "
        "optim.Optimizer.register_load_state_dict_post_hook",
        "optim/test_hooks_torch.py",
    ),
    "Optimisers' groups": ("optim.Optimizer.add_param_group", "optim/test_all_optimizers_torch.py"),
    "Data sets and samplers": (
        "utils.data.Dataset utils.data.TensorDataset utils.data.Subset utils.data.ConcatDataset "
        "utils.data.Sampler utils.data.SequentialSampler",
        "conformance/test_structure_torch.py",
    ),
    "Streams": (
        "utils.data.IterableDataset utils.data.ChainDataset utils.data.get_worker_info",
        "data/test_iterable_torch.py",
    ),
    "Batches of samples": ("utils.data.default_collate utils.data.default_convert", "data/test_collate_torch.py"),
}
"""Of each group, the names, and the test, under tests/, that compares every one of them with PyTorch's."""
