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

    It 'shows a table with the message' {
        $text = Test-NixBuilder 'ssh://127.0.0.1:1' | Out-String -Width 200
        $text | Should -Match 'Name\s+Status\s+Protocol\s+Nix\s+Trusted\s+Latency\s+Message'
        $text | Should -Match '127\.0\.0\.1\s+Failed'
    }
}
