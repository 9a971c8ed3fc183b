// Connected regions of a map, in Rust. What stands in lunette_plugin.h is written out here; bindgen makes the same from the header.
use std::ffi::{c_char, c_void};
use std::panic::{catch_unwind, AssertUnwindSafe};

const ABI: u32 = 1;
const OK: i32 = 0;
const FAILED: i32 = 1;
const FLOAT32: i32 = 1;

#[repr(C)]
#[derive(Clone, Copy)]
pub struct Tensor {
    data: *const c_void,
    shape: *const i64,
    strides: *const i64,
    count: i64,
    rank: i32,
    dtype: i32,
    is_contiguous: i32,
    reserved: i32,
}

type Call = *mut c_void;
type Registry = *mut c_void;
type Primitive = unsafe extern "C" fn(&Host, Call, *mut c_void) -> i32;
type Unused = *const c_void; // a function that is not called here

#[repr(C)]
pub struct Host {
    abi: u32,
    size: u32,
    version: *const c_char,
    add_primitive: unsafe extern "C" fn(Registry, *const c_char, Primitive, *mut c_void) -> i32,
    refuse: Unused,
    count: Unused,
    kind: Unused,
    get_boolean: Unused,
    get_integer: Unused,
    get_number: unsafe extern "C" fn(Call, i32, *mut f64) -> i32,
    get_string: Unused,
    get_tensor: unsafe extern "C" fn(Call, i32, *mut Tensor) -> i32,
    get_dlpack: Unused,
    add_nil: Unused,
    add_boolean: Unused,
    add_integer: unsafe extern "C" fn(Call, i64) -> i32,
    add_number: Unused,
    add_string: Unused,
    add_tensor: unsafe extern "C" fn(Call, i32, i32, *const i64, *mut *mut c_void) -> i32,
    add_dlpack: Unused,
    fail: unsafe extern "C" fn(Call, *const c_char) -> i32,
    is_interrupted: unsafe extern "C" fn(Call) -> i32,
}

struct Map {
    first: *const f32,
    size: [usize; 2],
    strides: [usize; 2],
}

impl Map {
    fn new(tensor: &Tensor) -> Option<Map> {
        if tensor.dtype != FLOAT32 || tensor.rank != 2 {
            return None;
        }
        let two = |p: *const i64| unsafe { [*p as usize, *p.add(1) as usize] };
        Some(Map { first: tensor.data.cast(), size: two(tensor.shape), strides: two(tensor.strides) })
    }

    fn at(&self, pixel: usize) -> f32 {
        let (row, column) = (pixel / self.size[1], pixel % self.size[1]);
        unsafe { *self.first.add(row * self.strides[0] + column * self.strides[1]) }
    }

    fn neighbours(&self, pixel: usize) -> impl Iterator<Item = usize> {
        let [height, width] = self.size;
        let (row, column) = (pixel / width, pixel % width);
        [
            (row > 0).then(|| pixel - width),
            (row + 1 < height).then(|| pixel + width),
            (column > 0).then(|| pixel - 1),
            (column + 1 < width).then(|| pixel + 1),
        ]
        .into_iter()
        .flatten()
    }
}

fn fill(map: &Map, threshold: f64, start: usize, number: f32, labels: &mut [f32]) {
    let mut waiting = vec![start];
    labels[start] = number;
    while let Some(pixel) = waiting.pop() {
        for next in map.neighbours(pixel) {
            if labels[next] == 0.0 && f64::from(map.at(next)) > threshold {
                labels[next] = number;
                waiting.push(next);
            }
        }
    }
}

/// label(map {H, W}, threshold) -> labels {H, W}, how many
fn label(host: &Host, call: Call) -> i32 {
    let mut tensor = unsafe { std::mem::zeroed::<Tensor>() };
    let (mut threshold, mut data) = (0.0, std::ptr::null_mut());
    if unsafe { (host.get_tensor)(call, 1, &mut tensor) != OK || (host.get_number)(call, 2, &mut threshold) != OK } {
        return FAILED;
    }
    let Some(map) = Map::new(&tensor) else {
        return unsafe { (host.fail)(call, c"label: a map {H, W} of float32 expected".as_ptr()) };
    };
    if unsafe { (host.add_tensor)(call, FLOAT32, 2, tensor.shape, &mut data) } != OK {
        return FAILED;
    }
    let pixels = map.size[0] * map.size[1];
    let labels = unsafe {
        data.cast::<f32>().write_bytes(0, pixels);
        std::slice::from_raw_parts_mut(data.cast::<f32>(), pixels)
    };
    let mut regions = 0;
    for pixel in 0..pixels {
        if labels[pixel] != 0.0 || f64::from(map.at(pixel)) <= threshold || map.at(pixel).is_nan() {
            continue;
        }
        if unsafe { (host.is_interrupted)(call) } != 0 {
            return FAILED;
        }
        regions += 1;
        fill(&map, threshold, pixel, regions as f32, labels);
    }
    unsafe { (host.add_integer)(call, regions) }
}

unsafe extern "C" fn label_from_c(host: &Host, call: Call, _context: *mut c_void) -> i32 {
    catch_unwind(AssertUnwindSafe(|| label(host, call))).unwrap_or_else(|_| (host.fail)(call, c"label: panicked".as_ptr()))
}

#[no_mangle]
pub extern "C" fn lunette_plugin_abi() -> u32 {
    ABI
}

/// # Safety
/// The host calls it, once.
#[no_mangle]
pub unsafe extern "C" fn lunette_plugin_open(host: &Host, registry: Registry) -> i32 {
    (host.add_primitive)(registry, c"label".as_ptr(), label_from_c, std::ptr::null_mut())
}
