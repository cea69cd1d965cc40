Describe 'Get-NixDerivation' {
    BeforeAll { . "$PSScriptRoot/common.ps1" }
    BeforeEach { Enter-TestBed }

    It 'shows a derivation of the local store' {
        $drv = New-Derivation shown 'echo hello > $out'
        $shown = Get-NixDerivation $drv
        $shown.Name | Should -Be shown
        $shown.System | Should -Be (nix-instantiate --eval -E builtins.currentSystem).Trim('"')
        $shown.Arguments | Should -Be '-c', 'echo hello > $out'
        $shown.Environment['out'] | Should -Be $shown.Outputs[0].Path
        ($shown.Outputs | ConvertTo-Json | ConvertFrom-Json).Path | Should -Be $shown.Outputs[0].Path
    }

    It 'reads it from a builder and from a cache' {
        $drv = New-Derivation there 'echo > $out'
        $null = Copy-NixClosure $drv -To b28
        $cache = "file://$TestDrive/cache"
        $null = Copy-NixClosure $drv -To $cache
        (Get-NixDerivation $drv -Store b28).Environment['nonce'] | Should -Be (Get-NixDerivation $drv -Store $cache).Environment['nonce']
    }

    It 'says what is not there' {
        { Get-NixDerivation /nix/store/00000000000000000000000000000000-none.drv -ErrorAction Stop } |
            Should -Throw -ErrorId 'DerivationMissing,NixRemote.Commands.GetNixDerivationCommand'
    }
}
