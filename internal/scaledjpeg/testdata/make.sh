#!/bin/sh
# make.sh makes the JPEG files in this folder anew. It needs Go, libjpeg-turbo's programs and vips.
set -eu
cd "$(dirname "$0")"
t=$(mktemp -d)
trap 'rm -r "$t"' EXIT
go run draw.go >"$t/p.ppm"
c() { out=$1; shift; cjpeg -quality 85 "$@" "$t/p.ppm" >"$out.jpg"; }
for s in 1x1 2x1 1x2 2x2 4x1 4x2 1x4 3x1 3x2 2x2,2x1,1x2 1x1,2x2,2x2 2x1,1x2,1x1 2x2,2x2,2x1 1x2,1x2,1x2 4x1,2x1,2x1; do
	n=$(echo "$s" | tr , _)
	c "sampling-$n" -sample "$s"
	c "progressive-$n" -sample "$s" -progressive
done
c gray -grayscale
c gray-2x2 -grayscale -sample 2x2
c gray-progressive -grayscale -progressive
c rgb -rgb
c quality-100 -quality 100 -sample 1x1
c quality-10 -quality 10
c quality-1 -quality 1 -sample 2x2
c optimized -optimize
c restart-mcu -restart 1B
c restart-3 -restart 3B -sample 2x1
c restart-row -restart 1
c progressive-restart -progressive -restart 2B
c arithmetic -arithmetic
printf '0;\n1;\n2;\n' >"$t/s"
c separate -scans "$t/s"
c separate-restart -scans "$t/s" -restart 5B
printf '1,2;\n0;\n' >"$t/s"
c partly-separate -scans "$t/s" -sample 2x1
printf '0,1,2: 0-0, 0, 0;\n0: 1-63, 0, 0;\n1: 1-63, 0, 0;\n2: 1-63, 0, 0;\n' >"$t/s"
c script-spectral -scans "$t/s"
printf '2: 0-0, 0, 3;\n0: 0-0, 0, 1;\n1: 0-0, 0, 0;\n0: 1-2, 0, 4;\n0: 3-9, 0, 3;\n0: 10-63, 0, 1;\n2: 0-0, 3, 2;\n0: 1-2, 4, 3;\n0: 1-9, 3, 2;\n0: 1-9, 2, 1;\n2: 0-0, 2, 1;\n0: 1-63, 1, 0;\n0: 0-0, 1, 0;\n1: 1-5, 0, 0;\n2: 1-63, 0, 2;\n2: 1-63, 2, 1;\n1: 6-63, 0, 0;\n2: 5-63, 1, 0;\n2: 1-4, 1, 0;\n2: 0-0, 1, 0;\n' >"$t/s"
c script-deep -scans "$t/s"
c script-deep-restart -scans "$t/s" -restart 7B -sample 1x1
{
	printf '0,1,2: 0-0, 0, 0;\n1: 1-63, 0, 0;\n2: 1-63, 0, 0;\n'
	k=1
	while [ $k -le 63 ]; do printf '0: %d-%d, 0, 0;\n' $k $k; k=$((k + 1)); done
} >"$t/s"
c script-single -scans "$t/s" -quality 60
vips colourspace "$t/p.ppm" "$t/c.v" cmyk
vips jpegsave "$t/c.v" "cmyk.jpg" --Q 85 --strip
