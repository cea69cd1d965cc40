Describe 'Test-NixBuilder' {
    BeforeAll { . "$PSScriptRoot/common.ps1" }
    BeforeEach { Enter-TestBed }

    It 'finds <Name> over <Scheme>' -ForEach @(
        foreach ($scheme in 'ssh', 'ssh-ng') {
            @{ Name = 'b28'; Scheme = $scheme; Version = '2.8.0' }
            @{ Name = 'b226'; Scheme = $scheme; Version = '2.26.3' }
            @{ Name = 'b234'; Scheme = $scheme; Version = '2.34.8' }
        }
    ) {
        $result = Test-NixBuilder "${Scheme}://$Name x86_64-linux"
        $result.Status | Should -Be Passed
        $result.NixVersion | Should -Be $Version
        $result.HostKey | Should -Match '^SHA256:'
    }

    It 'takes the builders of Get-NixBuilder' {
        (Get-NixBuilder | Test-NixBuilder).Name | Sort-Object | Should -Be 'b226', 'b234', 'b28'
    }

    It 'gives a Boolean with -Quiet' {
        Test-NixBuilder -Quiet | Should -BeExactly $true
        'ssh://127.0.0.1:1' | Test-NixBuilder -Quiet | Should -BeExactly $false
    }

    It 'tells the cause and the cure of a failure' {
        $result = Test-NixBuilder 'ssh://no-such-host.invalid'
        $result.Status | Should -Be Failed
        $result.Error.ErrorId | Should -Be HostNotFound
        $result.Message | Should -Match 'no-such-host.invalid'
        $result.RecommendedAction | Should -Not -BeNullOrEmpty
    }

    It 'gives JSON of a failure at depth <_>' -ForEach 2, 3, 4 {
        $result = Test-NixBuilder 'ssh://127.0.0.1:1'
        $json = $result | ConvertTo-Json -Depth $_ -EnumsAsStrings -WarningAction SilentlyContinue
        $read = $json | ConvertFrom-Json
        $read.Error.ErrorId | Should -Be ConnectionRefused
        $read.Error.Check | Should -Be Tcp
        $read.Error.Message | Should -Be $result.Message
        $read.Error.RecommendedAction | Should -Be $result.RecommendedAction
        $json | Should -Not -Match 'TargetSite|StackTrace'
        { throw [Exception] $result.Error } | Should -Throw -ExceptionType NixRemote.NixRemoteException
    }

    It 'shows a table with the message' {
        $text = Test-NixBuilder 'ssh://127.0.0.1:1' | Out-String -Width 200
        $text | Should -Match 'Name\s+Status\s+Protocol\s+Nix\s+Trusted\s+Latency\s+Message'
        $text | Should -Match '127\.0\.0\.1\s+Failed'
    }

    It 'adds unknown host keys only with -AcceptNewHostKey' {
        $known = Join-Path $TestDrive known_hosts
        $node = (Get-TestBed).nodes | Where-Object name -eq b234
        Set-Content (Join-Path $TestDrive config) "Host b234", '  HostName 127.0.0.1', "  Port $($node.port)", '  User nix',
            "  IdentityFile $((Get-TestBed).directory)/id_ed25519", "  UserKnownHostsFile $known"
        $arguments = @{ Builder = 'ssh://b234'; SshConfigFile = Join-Path $TestDrive config }
        (Test-NixBuilder @arguments).Error.ErrorId | Should -Be HostKeyUnknown
        $known | Should -Not -Exist
        $result = Test-NixBuilder @arguments -AcceptNewHostKey -WarningVariable warnings -WarningAction SilentlyContinue
        $result.Status | Should -Be Passed
        $warnings | Should -HaveCount 1
        $known | Should -FileContentMatch '^\[127\.0\.0\.1\]:'
    }

    It 'speaks SSH with -Transport <_>' -ForEach 'Auto', 'SshNet', 'OpenSsh' {
        (Test-NixBuilder 'ssh-ng://b234' -Transport $_).Status | Should -Be Passed
    }

    It 'takes passphrases as SecureString and logins as PSCredential' {
        $secret = ConvertTo-SecureString 'words' -AsPlainText -Force
        Test-NixBuilder b28 -KeyPassphrase $secret -Quiet | Should -BeExactly $true
        Test-NixBuilder b28 -Credential ([pscredential]::new('nix', $secret)) -Quiet | Should -BeExactly $true
        { Test-NixBuilder b28 -KeyPassphrase 'words' } | Should -Throw -ErrorId 'CannotConvertArgumentNoMessage,*'
    }

    It 'refuses what is no SSH session' {
        { Test-NixBuilder b28 -SshSession 'words' } | Should -Throw -ErrorId 'SshSessionUnusable,*'
    }

    It 'uses an open session of Posh-SSH' -Skip:(-not (Get-Module Posh-SSH -ListAvailable)) {
        Import-Module Posh-SSH
        $bed = Get-TestBed
        $node = $bed.nodes | Where-Object name -eq b234
        $login = [pscredential]::new('nix', [securestring]::new())
        $session = New-SSHSession -ComputerName 127.0.0.1 -Port $node.port -Credential $login -KeyFile "$($bed.directory)/id_ed25519" -Force -WarningAction SilentlyContinue
        try {
            # Nothing else would let us in.
            Set-Content (Join-Path $TestDrive nokeys) 'Host *', '  IdentityFile none', '  IdentityAgent none', '  UserKnownHostsFile none'
            $arguments = @{ Builder = "ssh-ng://127.0.0.1:$($node.port)"; SshConfigFile = Join-Path $TestDrive nokeys }
            (Test-NixBuilder @arguments -SshSession $session).Status | Should -Be Passed
            $session.Connected | Should -BeTrue
            (Test-NixBuilder @arguments).Status | Should -Be Failed
        }
        finally {
            Remove-SSHSession $session | Out-Null
        }
    }

    It 'names its checks in order' {
        $checks = (Test-NixBuilder b28).Checks
        $checks.Name | Should -Be Configuration, NameResolution, Tcp, SshHandshake, HostKey, Authentication, RemoteProgram, CleanChannel, ProtocolHandshake, Trust, Store, SystemsAndFeatures, Clock, FreeSpace, Build
        ($checks | Where-Object Result -NE Passed).Name | Should -Be Build
        $checks | Out-String -Width 200 | Should -Match 'Name\s+Result\s+Message'
    }

    It 'builds what is claimed' {
        (Test-NixBuilder 'ssh-ng://b234 x86_64-linux - 1 1 big-parallel' -Build).Checks[-1].Message | Should -BeLike 'It has built 2 tiny derivations*'
        (Test-NixBuilder 'ssh-ng://b234 x86_64-linux - 1 1 kvm' -Build).Checks[-1].ErrorId | Should -Be FeatureMissing
    }

    It 'skips what makes no sense after a failure' {
        $checks = (Test-NixBuilder 'ssh://127.0.0.1:1').Checks
        ($checks | Where-Object Result -EQ Failed).Name | Should -Be Tcp
        ($checks | Where-Object Result -EQ Skipped).Count | Should -Be 12
    }

    It 'shows all in a list' {
        Test-NixBuilder b28 | Format-List | Out-String -Width 200 | Should -Match 'Checks\s*:.*Configuration\s+Passed'
    }
}
