# Runs on a machine that has booted with gallery's units; see TestSystemd_booted.

site=http://127.0.0.1:5001

# failed ends it, with what is known.
failed() {
	echo "FAILED: $*"
	journalctl --no-pager -n 30 || true
	systemctl status --no-pager gallery.socket gallery.service srv-photos.mount || true
	exit 1
}

# status prints the status of an answer, waiting at the socket for it.
status() {
	curl --silent --max-time 20 --output /dev/null --write-out '%{http_code}' "$@" || true
}

# await waits until an address has this status.
await() {
	wanted=$1 && shift
	for _ in $(seq 150); do
		got=$(status "$@")
		[ "$got" != "$wanted" ] || return 0
		sleep 0.1
	done
	failed "GET $* = $got, want $wanted"
}

# crowd asks for three seconds, as visitors do while nothing answers.
crowd() {
	curl --silent --parallel --parallel-max 40 --max-time 3 --output /dev/null "$site/?[1-40]" || true
	[ "$(systemctl is-active gallery.socket)" = active ] || failed "gallery.socket gave up after $*"
}

setting() {
	echo "$1" >/etc/default/gallery
	systemctl restart gallery.service || true
}

echo "the disk is away at boot"
systemctl is-active srv-photos.mount && failed "the disk is there"
crowd "the disk was away at boot"
[ "$(status $site/)" != 000 ] || failed "nothing answers while the disk is away"
touch /disk/plugged
systemctl start srv-photos.mount
await 200 $site/Trip/1.jpg
await 200 $site/Trip/_thumbs/1.jpg
[ -f /disk/photos/Trip/_thumbs/1.jpg ] || failed "no thumbnail is on the disk"

await 200 --header "Host: gallery.example.com" $site/

echo "it is unmounted, and comes back"
systemctl stop srv-photos.mount || failed "it cannot be unmounted"
rm /disk/plugged
crowd "the disk was unmounted"
[ "$(status $site/Trip/1.jpg)" != 200 ] || failed "a photo that is away is served"
touch /disk/plugged
systemctl start srv-photos.mount
await 200 $site/Trip/1.jpg

echo "a wrong setting"
setting GALLERY_QUALITY=high
crowd "a wrong setting"
echo >/etc/default/gallery
await 200 $site/Trip/

echo "a directory that is not there"
setting GALLERY_ROOT=/srv/photos/Later
crowd "a missing directory"
mkdir /srv/photos/Later
await 200 $site/

echo "metrics"
setting GALLERY_DEBUG=127.0.0.1:5002
await 200 $site/Trip/1.jpg
setting GALLERY_DEBUG=unix:/run/gallery/debug.sock
await 200 $site/Trip/1.jpg
await 200 --unix-socket /run/gallery/debug.sock http://localhost/metrics
echo >/etc/default/gallery
systemctl stop gallery.socket gallery.service
systemctl start gallery.socket gallery-debug.socket gallery.service || failed "gallery-debug.socket does not start"
await 200 $site/Trip/1.jpg
await 200 http://127.0.0.1:5002/metrics
await 404 $site/metrics

echo done
