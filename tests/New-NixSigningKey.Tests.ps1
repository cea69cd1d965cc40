Describe 'New-NixSigningKey' {
    BeforeAll { . "$PSScriptRoot/common.ps1" }

    It 'makes a key that only its owner may read' {
        $key = New-NixSigningKey cache.example.org-1 "$TestDrive/key"
        $key.PublicKey | Should -Match '^cache\.example\.org-1:[A-Za-z0-9+/]{43}=$'
        $key.TrustLine | Should -Be "extra-trusted-public-keys = $($key.PublicKey)"
        Get-Content $key.SecretKeyFile | Should -Match '^cache\.example\.org-1:[A-Za-z0-9+/]{86}==$'
        if (-not $IsWindows) { (Get-Item $key.SecretKeyFile).UnixMode | Should -Be '-rw-------' }
    }

    It 'replaces no file' {
        Set-Content "$TestDrive/there" precious
        { New-NixSigningKey a-1 "$TestDrive/there" } | Should -Throw -ErrorId 'DestinationExists,NixRemote.Commands.NewNixSigningKeyCommand'
        Get-Content "$TestDrive/there" | Should -Be precious
    }

    It 'makes nothing with -WhatIf' {
        New-NixSigningKey a-1 "$TestDrive/if" -WhatIf | Should -BeNullOrEmpty
        Test-Path "$TestDrive/if" | Should -BeFalse
    }
}
