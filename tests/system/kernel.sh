#!/bin/sh
# Runs the drivers of `hal` against the kernel's virtual devices, in a virtual machine:
# glass (uinput), a USB speakerphone (uhid), CEC (vivid), a graphics card (virtio-gpu).
#
#   tests/system/kernel.sh            with this machine's newest kernel from /boot
#   KERNEL=… MODULES=… BUSYBOX=… QEMU=… tests/system/kernel.sh    with others
#
# Needs qemu-system-x86, busybox-static, cpio, kmod and a Debian kernel (linux-image-amd64). `ACCELERATOR=kvm` is quicker,
# where the machine can.
set -eu
cd "$(dirname "$0")/../.."
export CARGO_TARGET_DIR="$PWD/target"

KERNEL=${KERNEL:-$(ls -t /boot/vmlinuz-* | head -n 1)}
VERSION=${KERNEL##*/vmlinuz-}
MODULES=${MODULES:-/lib/modules/$VERSION}
BUSYBOX=${BUSYBOX:-$(command -v busybox)}
QEMU=${QEMU:-qemu-system-x86_64}
CPIO=${CPIO:-cpio}
DEPMOD=${DEPMOD:-/sbin/depmod}
NEEDED="uinput uhid cec screen"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
root=$work/root
mkdir -p "$root/bin" "$root/proc" "$root/sys" "$root/dev" "$root/lib/modules" "$root/tmp"
cp "$BUSYBOX" "$root/bin/busybox"

# The tests of `hal`, and the libraries they are linked to.
test=${HAL_TEST:-$(cargo test --workspace --lib --no-run 2>&1 | sed -n 's/.*unittests hal\/src\/lib.rs (\(.*\))/\1/p')}
cp "$test" "$root/test"
ldd "$test" | grep -o '/[^ ]*' | while read -r library; do
    mkdir -p "$root${library%/*}"
    cp -L "$library" "$root$library"
done

# Only what is needed of the modules, and what they need.
cp -r "$MODULES" "$root/lib/modules/$VERSION"
[ -s "$root/lib/modules/$VERSION/modules.dep" ] || "$DEPMOD" -b "$root" "$VERSION"

cat >"$root/init" <<INIT
#!/bin/busybox sh
/bin/busybox mount -t proc proc /proc
/bin/busybox mount -t sysfs sysfs /sys
/bin/busybox mount -t devtmpfs dev /dev
/bin/busybox --install -s /bin
for module in configfs evdev uinput uhid hid-generic virtio_pci virtio_gpu vivid gpio-sim; do modprobe \$module || echo "no module \$module"; done
mount -t configfs config /sys/kernel/config
# Devices come a moment after their modules.
for wait in 1 2 3 4 5 6 7 8 9 10; do [ -e /dev/dri/card0 ] && [ -e /dev/cec1 ] && break; sleep 1; done
export HUISCLOS_NEED_KERNEL="$NEEDED" RUST_BACKTRACE=1
/test kernel_tests kms::tests --test-threads=1 --nocapture
echo "the tests ended with \$?"
poweroff -f
INIT
chmod +x "$root/init"
(cd "$root" && find . | "$CPIO" -o -H newc --quiet | gzip -1) >"$work/initrd"

# shellcheck disable=SC2086 # QEMU may be a command with arguments
timeout 900 $QEMU -machine "q35,accel=${ACCELERATOR:-tcg}" -cpu max -m 2048 -display none -no-reboot \
    -device virtio-gpu-pci -nic none -serial file:"$work/log" -kernel "$KERNEL" -initrd "$work/initrd" \
    -append 'console=ttyS0 quiet panic=-1 no_timer_check' || true
cat "$work/log"
grep -q 'the tests ended with 0' "$work/log"
