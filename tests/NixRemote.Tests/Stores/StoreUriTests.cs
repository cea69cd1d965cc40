using NixRemote.Stores;

namespace NixRemote.Tests.Stores;

/// <summary>machines.md §3: store references, their forms, parameters and canonical text.</summary>
public sealed class StoreUriTests
{
    /// <summary>machines.md §3.1, row by row: input and canonical text.</summary>
    [Theory]
    [InlineData("auto", StoreScheme.Auto, "auto")]
    [InlineData("auto?root=/foo/bar/baz", StoreScheme.Auto, "auto?root=/foo/bar/baz")]
    [InlineData("daemon", StoreScheme.Daemon, "daemon")]
    [InlineData("daemon?max-connections=7&trusted=true", StoreScheme.Daemon, "unix://?max-connections=7&trusted=true")]
    [InlineData("unix://?max-connections=7&trusted=true", StoreScheme.Daemon, "unix://?max-connections=7&trusted=true")]
    [InlineData("local", StoreScheme.Local, "local")]
    [InlineData("local?root=/foo/bar/baz", StoreScheme.Local, "local://?root=/foo/bar/baz")]
    [InlineData("local://?root=/foo/bar/baz", StoreScheme.Local, "local://?root=/foo/bar/baz")]
    [InlineData("local://?root=/foo bar/baz", StoreScheme.Local, "local://?root=/foo%20bar/baz")]
    [InlineData("local://?root=/foo%20bar/baz", StoreScheme.Local, "local://?root=/foo%20bar/baz")]
    [InlineData("/foo/bar/baz?trusted=true", StoreScheme.Local, "local:///foo/bar/baz?trusted=true")]
    [InlineData("local:///foo/bar/baz?trusted=true", StoreScheme.Local, "local:///foo/bar/baz?trusted=true")]
    [InlineData(@"C:\foo\bar\baz?trusted=true", StoreScheme.Local, "local:///C:/foo/bar/baz?trusted=true")]
    [InlineData("ssh://localhost", StoreScheme.Ssh, "ssh://localhost")]
    [InlineData("ssh://::1", StoreScheme.Ssh, "ssh://[::1]")]
    [InlineData("ssh://userinfo@fea5:23e1:3916:fc24:cb52:2837:2ecb:ea8e", StoreScheme.Ssh, "ssh://userinfo@[fea5:23e1:3916:fc24:cb52:2837:2ecb:ea8e]")]
    [InlineData("ssh://userinfo@fea5:23e1:3916:fc24:cb52:2837:2ecb:ea8e?a=b&c=d", StoreScheme.Ssh, "ssh://userinfo@[fea5:23e1:3916:fc24:cb52:2837:2ecb:ea8e]?a=b&c=d")]
    [InlineData("ssh://userinfo@[fea5:23e1:3916:fc24:cb52:2837:2ecb:ea8e%eth0]?a=b&c=d", StoreScheme.Ssh, "ssh://userinfo@[fea5:23e1:3916:fc24:cb52:2837:2ecb:ea8e%25eth0]?a=b&c=d")]
    [InlineData("ssh://userinfo@[fea5:23e1:3916:fc24:cb52:2837:2ecb:ea8e%25eth0]?a=b&c=d", StoreScheme.Ssh, "ssh://userinfo@[fea5:23e1:3916:fc24:cb52:2837:2ecb:ea8e%25eth0]?a=b&c=d")]
    [InlineData("ssh://userinfo@fea5:23e1:3916:fc24:cb52:2837:2ecb:ea8e%eth0?a=b&c=d", StoreScheme.Ssh, "ssh://userinfo@[fea5:23e1:3916:fc24:cb52:2837:2ecb:ea8e%25eth0]?a=b&c=d")]
    [InlineData("ssh://userinfo@fea5:23e1:3916:fc24:cb52:2837:2ecb:ea8e%25?a=b&c=d", StoreScheme.Ssh, "ssh://userinfo@[fea5:23e1:3916:fc24:cb52:2837:2ecb:ea8e%2525]?a=b&c=d")]
    [InlineData("ssh://fea5:23e1:3916:fc24:cb52:2837:2ecb:ea8e%eth0?a=b&c=d", StoreScheme.Ssh, "ssh://[fea5:23e1:3916:fc24:cb52:2837:2ecb:ea8e%25eth0]?a=b&c=d")]
    [InlineData("ssh://fea5:23e1:3916:fc24:cb52:2837:2ecb:ea8e%eth0", StoreScheme.Ssh, "ssh://[fea5:23e1:3916:fc24:cb52:2837:2ecb:ea8e%25eth0]")]
    public void Conformance_table(string text, StoreScheme scheme, string canonical)
    {
        var uri = StoreUri.Parse(text);

        Assert.Equal((scheme, canonical, text), (uri.Scheme, uri.Canonical, uri.Text));
        Assert.Equal(canonical, StoreUri.Parse(canonical).Canonical);
    }

    [Theory]
    [InlineData("ssh://nix@scratchy.labs.cs.uu.nl", "nix", "scratchy.labs.cs.uu.nl", null)]
    [InlineData("ssh-ng://nix@scratchy:2222", "nix", "scratchy", 2222)]
    [InlineData("ssh://[::1]:2222", null, "::1", 2222)]
    [InlineData("ssh://nix@[fe80::1%25eth0]:22", "nix", "fe80::1%eth0", 22)]
    [InlineData("ssh://fe80::1%25", null, "fe80::1%25", null)]
    [InlineData("ssh://host:", null, "host", null)]
    [InlineData("ssh://host/", null, "host", null)]
    [InlineData("ssh://h%2Dost", null, "h-ost", null)]
    [InlineData("ssh://DOMAIN%5Cuser@host", @"DOMAIN\user", "host", null)]
    [InlineData("ssh://a@b@host", "a@b", "host", null)]
    [InlineData("SSH://host", null, "host", null)]
    [InlineData("ssh://host?port=2222", null, "host", 2222)]
    [InlineData("ssh://host:22?port=2222", null, "host", 22)]
    public void The_authority_has_user_host_and_port(string text, string? user, string host, int? port)
    {
        var uri = StoreUri.Parse(text);

        Assert.Equal((user, host, port), (uri.User, uri.Host, uri.Port));
    }

    [Theory]
    [InlineData("", StoreScheme.Auto, null)]
    [InlineData("?root=/x", StoreScheme.Auto, null)]
    [InlineData("unix:///run/nix.sock", StoreScheme.Daemon, "/run/nix.sock")]
    [InlineData("/machine1", StoreScheme.Local, "/machine1")]
    [InlineData("./relative", StoreScheme.Local, "./relative")]
    [InlineData("local:///a%20b", StoreScheme.Local, "/a b")]
    [InlineData("file:///cache?compression=none", StoreScheme.File, "/cache")]
    [InlineData("https://cache.nixos.org/x", StoreScheme.Http, "/x")]
    [InlineData("s3://bucket", StoreScheme.Other, "bucket")]
    public void Forms_without_a_host_have_a_path(string text, StoreScheme scheme, string? path) =>
        Assert.Equal((scheme, path), (StoreUri.Parse(text).Scheme, StoreUri.Parse(text).Path));

    [Theory]
    [InlineData("scratchy", "is not a store URI")]
    [InlineData("ssh://", "names no host")]
    [InlineData("ssh://nix@", "names no host")]
    [InlineData("ssh://@host", "is empty")]
    [InlineData("ssh://-oProxyCommand=x", "begins with '-'")]
    [InlineData("ssh://-l@host", "begins with '-'")]
    [InlineData("ssh://%2Dhost", "begins with '-'")]
    [InlineData("ssh://host:ssh", "'ssh'")]
    [InlineData("ssh://host:0", "1 to 65535")]
    [InlineData("ssh://host:65536", "1 to 65535")]
    [InlineData("ssh://host?port=x", "1 to 65535")]
    [InlineData("ssh://a:b:c", "is not an IPv6 address")]
    [InlineData("ssh://[::1", "brackets")]
    [InlineData("ssh://[::1]x", "brackets")]
    [InlineData("ssh://[host]", "is not an IPv6 address")]
    [InlineData("ssh://::1%", "is not an IPv6 address")]
    [InlineData("ssh://ho st", "characters that no host name has")]
    [InlineData("ssh://host?a=%zz", "percent-encoding")]
    [InlineData("ssh://host?a=%00", "percent-encoding")]
    [InlineData("ssh://host?a=%ff", "percent-encoding")]
    [InlineData("ssh://ho\u0001st", "control character")]
    [InlineData("1x://host", "is not a URI scheme")]
    [InlineData("file://", "names no folder")]
    public void What_is_no_store_is_refused(string text, string message)
    {
        var failure = Assert.Throws<NixRemoteException>(() => StoreUri.Parse(text));

        Assert.Equal(("StoreUriInvalid", text), (failure.ErrorId, failure.Target));
        Assert.Contains(message, failure.Message, StringComparison.Ordinal);
    }

    /// <summary>machines.md §2.4.</summary>
    [Theory]
    [InlineData("nix@scratchy", "ssh://nix@scratchy")]
    [InlineData("host?compress=true", "ssh://host?compress=true")]
    [InlineData("host?ssh-key=/k", "host?ssh-key=/k")]
    [InlineData("ssh-ng://host", "ssh-ng://host")]
    [InlineData("/path", "/path")]
    [InlineData("auto", "auto")]
    [InlineData("daemon", "daemon")]
    [InlineData("local", "local")]
    [InlineData("auto?x=1", "auto?x=1")]
    [InlineData("daemon?x=1", "daemon?x=1")]
    [InlineData("local?x=1", "local?x=1")]
    [InlineData("?x=1", "?x=1")]
    [InlineData("local.example.org", "ssh://local.example.org")]
    [InlineData("@file", "ssh://@file")]
    public void The_ssh_prefix_is_prepended_where_Nix_does(string text, string expected) => Assert.Equal(expected, StoreUri.WithSshPrefix(text));

    [Fact]
    public void Only_the_first_question_mark_starts_the_query()
    {
        var uri = StoreUri.Parse("ssh://localhost?remote-store=/tmp/m1?system-features=foo%20bar");

        Assert.Equal("/tmp/m1?system-features=foo bar", uri.Parameters["remote-store"]);
        Assert.True(uri.IsLocalhost);
    }

    [Fact]
    public void Of_equal_parameters_the_first_counts()
    {
        var uri = StoreUri.Parse("ssh://h?compress=true&compress=false");

        Assert.Equal("true", uri.Parameters["compress"]);
        Assert.Contains("given twice", Assert.Single(uri.Warnings), StringComparison.Ordinal);
    }

    /// <summary>machines.md §3: each parameter of the table is known where it means something, and others warn.</summary>
    [Theory]
    [InlineData("ssh-key=/k", "ssh ssh-ng")]
    [InlineData("base64-ssh-public-host-key=AAAA", "ssh ssh-ng")]
    [InlineData("compress=true", "ssh ssh-ng")]
    [InlineData("remote-store=/x", "ssh ssh-ng")]
    [InlineData("remote-program=sudo nix-daemon", "ssh ssh-ng")]
    [InlineData("max-connections=2", "ssh ssh-ng unix")]
    [InlineData("max-connection-age=60", "ssh-ng unix")]
    [InlineData("log-fd=4", "ssh ssh-ng")]
    [InlineData("port=22", "ssh ssh-ng")]
    [InlineData("system-features=kvm", "ssh ssh-ng unix local")]
    [InlineData("priority=1", "ssh ssh-ng unix local")]
    [InlineData("want-mass-query=true", "ssh ssh-ng unix local")]
    [InlineData("trusted=true", "ssh ssh-ng unix local")]
    [InlineData("path-info-cache-size=1", "ssh ssh-ng unix local")]
    [InlineData("store=/nix/store", "ssh ssh-ng unix local")]
    [InlineData("state=/nix/var/nix", "ssh ssh-ng unix local")]
    [InlineData("real=/x", "ssh ssh-ng unix local")]
    [InlineData("root=/x", "ssh ssh-ng unix local")]
    [InlineData("sshkey=/k", "")]
    public void Unknown_parameters_warn(string query, string knownFor)
    {
        foreach (var scheme in (string[])["ssh", "ssh-ng", "unix", "local"])
        {
            var uri = StoreUri.Parse($"{scheme}://{(scheme.StartsWith("ssh", StringComparison.Ordinal) ? "h" : "/p")}?{query}");

            Assert.Equal(knownFor.Split(' ').Contains(scheme) ? 0 : 1, uri.Warnings.Count);
        }
    }

    [Theory]
    [InlineData("ssh://h?compress", "has no '='")]
    [InlineData("ssh://h?=x", "has no name")]
    [InlineData("ssh://nix:secret@h", "password")]
    [InlineData("ssh://h/nix/store", "means nothing")]
    public void Oddities_warn(string text, string warning) => Assert.Contains(warning, Assert.Single(StoreUri.Parse(text).Warnings), StringComparison.Ordinal);

    [Theory]
    [InlineData("https://me:secret@cache.org/x?trusted=true", "https://cache.org/x?trusted=true")]
    [InlineData("HTTP://me@cache.org", "HTTP://cache.org")]
    [InlineData("https://me:a@b@cache.org/", "https://cache.org/")]
    [InlineData("https://cache.org/@x", "https://cache.org/@x")]
    [InlineData("ssh://nix@build1", "ssh://nix@build1")]
    [InlineData("file:///srv/a@b", "file:///srv/a@b")]
    [InlineData(null, null)]
    public void A_login_is_not_shown(string? text, string? shown) => Assert.Equal(shown, StoreUri.WithoutLogin(text));

    [Fact]
    public void Equal_texts_are_equal_references()
    {
        Assert.Equal(StoreUri.Parse("ssh://h?a=b"), StoreUri.Parse("ssh://h?a=b"));
        Assert.NotEqual(StoreUri.Parse("ssh://h?a=b"), StoreUri.Parse("ssh://h?a=c"));
        Assert.NotEqual(StoreUri.Parse("ssh://h"), StoreUri.Parse("ssh://h") with { Port = 22 });
    }
}
