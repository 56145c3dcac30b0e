#!/bin/sh
# shellcheck shell=dash
# Makes a fresh Debian a host of a lab; run once for each base image.
# Reads and writes: the root file system given as $1.
set -eu
root=$1

no_package_sources() {
  rm -f "$root/etc/apt/apt.conf.d/99mmdebstrap" "$root/etc/dpkg/dpkg.cfg.d/99mmdebstrap"
  rm -f "$root"/etc/apt/sources.list.d/*
  : >"$root/etc/apt/sources.list"
}

# What a host has of its own comes when it is made.
no_identity() {
  rm -f "$root"/etc/ssh/ssh_host_*_key* "$root/etc/resolv.conf" "$root/etc/machine-id"
  : >"$root/etc/resolv.conf"
  : >"$root/etc/machine-id"
}

# Fleets say what runs; what only slows a boot or looks for the internet is left out.
choose_services() {
  systemctl --root="$root" -q disable nginx dnsmasq
  systemctl --root="$root" -q enable systemd-networkd ssh
  systemctl --root="$root" -q mask systemd-networkd-wait-online.service apt-daily.timer apt-daily-upgrade.timer \
    fstrim.timer e2scrub_all.timer e2scrub_reap.service
}

let_in() {
  echo 'PasswordAuthentication no' >"$root/etc/ssh/sshd_config.d/lab.conf"
  chroot "$root" useradd -m -s /bin/bash deploy
  echo 'deploy ALL=(ALL) NOPASSWD: ALL' >"$root/etc/sudoers.d/deploy"
  chmod 440 "$root/etc/sudoers.d/deploy"
  chroot "$root" install -d -m 700 -o deploy -g deploy /home/deploy/.ssh
  install -d -m 700 "$root/root/.ssh"
}

no_package_sources
no_identity
choose_services
let_in
mkdir -p "$root/var/log/journal"
