# Runs on a clean Debian that has booted, with /root/old.deb, /root/new.deb and /root/Trip;
# see TestDeb_installUpgradeRemove.

site=http://127.0.0.1:5001

# failed ends it, with what is known.
failed() {
	echo "FAILED: $*"
	journalctl --no-pager -n 30 || true
	systemctl status --no-pager gallery.socket gallery.service || true
	exit 1
}

# is checks the status of an answer.
is() {
	wanted=$1 && shift
	got=$(curl --silent --max-time 20 --output /dev/null --write-out '%{http_code}' "$@" || true)
	[ "$got" = "$wanted" ] || failed "GET $* = $got, want $wanted"
}

install() {
	DEBIAN_FRONTEND=noninteractive apt-get install --yes -o Dpkg::Options::=--force-confold "$1" </dev/null || failed "apt-get install $1"
}

# The photos and a thumbnail; previews and indexes may come at any time.
sums() {
	find /srv/photos -type f ! -path '*/_thumbs/*' -exec sha256sum {} + | sort
	sha256sum /srv/photos/Kept/_thumbs/1.jpg
}

echo "two commands"
install /root/old.deb
cp -r /root/Trip /srv/photos/

curl --silent --fail $site/Trip/ | grep -q 'src="[^"]*/Trip/_thumbs/1.jpg' || failed "the album shows no photo"
is 200 $site/Trip/_thumbs/1.jpg
is 200 $site/Trip/1.jpg/
[ "$(gallery version | head -c 14)" = "gallery v1.9.0" ] || failed "gallery version says $(gallery version)"
user=$(stat -c %U /proc/"$(systemctl show -p MainPID --value gallery)")
[ "$user" = gallery ] || failed "the program runs as $user"
id -nG www-data | grep -qw gallery || failed "nginx's user is not in the group gallery"
# What the group may write in keeps its thumbnails.
mkdir -m 2775 /srv/photos/Kept
cp /root/Trip/1.jpg /srv/photos/Kept/
is 200 $site/Kept/
[ "$(stat -c %U:%G /srv/photos/Kept/_thumbs/1.jpg)" = gallery:gallery ] || failed "no thumbnail is stored"

echo "nginx in front"
ln -s ../sites-available/gallery-simple.conf /etc/nginx/sites-enabled/
nginx -t
systemctl restart nginx
is 200 --header "Host: gallery.example.com" http://127.0.0.1/Trip/

echo "an upgrade, with requests under way"
echo GALLERY_TITLE=Ours >>/etc/default/gallery
echo "# ours" >>/etc/nginx/snippets/gallery-hsts.conf
systemctl restart gallery
before=$(sums)
curl --silent --fail --limit-rate 2M --output /root/large $site/Trip/large.jpg &
download=$!
while [ ! -e /root/upgraded ]; do
	curl --silent --fail --max-time 20 --output /dev/null $site/Trip/_thumbs/1.jpg || echo "a request failed: $?"
done >/root/crowd 2>&1 &
crowd=$!
# The download is under way.
until [ -s /root/large ]; do sleep 0.1; done
install /root/new.deb
kill -0 $download || echo "note: the download ended before the upgrade did"
touch /root/upgraded
wait $download || failed "the download broke off"
wait $crowd
cmp /root/large /srv/photos/Trip/large.jpg || failed "the download is another file"
[ ! -s /root/crowd ] || failed "requests failed: $(cat /root/crowd)"
[ "$(gallery version | head -c 15)" = "gallery v1.10.0" ] || failed "gallery version says $(gallery version)"
[ "$(readlink /proc/"$(systemctl show -p MainPID --value gallery)"/exe)" = /usr/bin/gallery ] || failed "the old program runs on"
curl --silent --fail $site/ | grep -q '<title>Ours' || failed "/etc/default/gallery was not kept"
grep -q "^# ours" /etc/nginx/snippets/gallery-hsts.conf || failed "a changed snippet was not kept"
grep -q "newer version" /etc/nginx/snippets/gallery-hsts.conf && failed "a changed snippet was replaced"
grep -q "newer version" /etc/nginx/snippets/gallery-acme.conf || failed "an unchanged snippet is the old one"
nginx -t
[ "$(sums)" = "$before" ] || failed "the upgrade changed photos or thumbnails"

echo "a service that was stopped stays so"
systemctl stop gallery.socket gallery.service
DEBIAN_FRONTEND=noninteractive apt-get install --yes --reinstall /root/new.deb
[ "$(systemctl is-active gallery.service || true)" = inactive ] || failed "it was started"
systemctl start gallery.socket gallery.service
is 200 $site/

echo "removed"
systemctl enable --now gallery-warm.timer gallery-clean.timer
before=$(sums)
apt-get remove --yes gallery
for unit in gallery.service gallery.socket gallery-warm.timer gallery-clean.timer; do
	[ "$(systemctl is-active $unit || true)" = inactive ] || failed "$unit is there still"
done
is 000 $site/
[ "$(find /etc/systemd/system -name 'gallery*')" = "" ] || failed "left: $(find /etc/systemd/system -name 'gallery*')"
[ "$(systemctl --failed --no-legend 'gallery*')" = "" ] || failed "failed: $(systemctl --failed --no-legend 'gallery*')"
[ ! -e /usr/bin/gallery ] || failed "the program is there still"
grep -q Ours /etc/default/gallery || failed "the settings are gone"
[ "$(sums)" = "$before" ] || failed "removing changed photos or thumbnails"

echo "installed again, with the old settings"
install /root/new.deb
curl --silent --fail $site/ | grep -q '<title>Ours' || failed "the settings count no longer"

echo "purged"
apt-get purge --yes gallery
[ "$(find /etc /usr /var -xdev -path '*gallery*' ! -path '/var/log/*' ! -path '/var/lib/nginx/*')" = "" ] ||
	failed "left: $(find /etc /usr /var -xdev -path '*gallery*' ! -path '/var/log/*' ! -path '/var/lib/nginx/*')"
[ "$(sums)" = "$before" ] || failed "purging changed photos or thumbnails"
nginx -t || failed "nginx does not start any more"

echo done
